#include "client/arena_map.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr std::size_t kMostRows = 16;
constexpr std::size_t kMostColumns = 96;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

std::size_t divided_up(std::uint64_t value, std::uint64_t by) {
  return static_cast<std::size_t>((value + by - 1) / by);
}

// Bytes of a block between two addresses.
std::uint64_t overlap(const v1::ArenaBlock& block, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t first = std::max(from, block.offset_bytes());
  const std::uint64_t last = std::min(to, block.offset_bytes() + block.size_bytes());
  return last > first ? last - first : 0;
}

// Column 0 is before the first operator, the last one after the last.
class Map {
 public:
  explicit Map(const v1::Inspection& inspection)
      : inspection_(inspection),
        steps_(static_cast<std::size_t>(inspection.operators_size()) + 2),
        steps_per_column_(divided_up(steps_, kMostColumns)),
        columns_(divided_up(steps_, steps_per_column_)),
        bytes_per_row_(std::max<std::uint64_t>(16, divided_up(inspection.arena_bytes(), 16 * kMostRows) * 16)),
        rows_(divided_up(inspection.arena_bytes(), bytes_per_row_)) {}

  std::string text() const {
    const std::size_t margin = grouped(bytes_per_row_ * rows_).size() + 2;
    std::string text = "arena over time, " + grouped(inspection_.arena_bytes()) + " bytes; a row is " +
                       grouped(bytes_per_row_) + " bytes, a column " +
                       (steps_per_column_ == 1 ? "an operator" : std::to_string(steps_per_column_) + " operators") +
                       "\n";
    for (std::size_t row = rows_; row-- > 0;) {
      const std::string address = grouped(row * bytes_per_row_);
      text += std::string(margin - address.size(), ' ') + address + " |" + row_text(row) + "|\n";
    }
    const std::string below(margin + 2, ' ');
    return text + below + axis_text() + "\n" + below + peak_text() + "\n";
  }

 private:
  // Of the block that has most of the cell; of two that share a place, the one that came later.
  char cell(std::size_t row, std::size_t column) const {
    const auto first_step = static_cast<std::int64_t>(column * steps_per_column_) - 1;
    const auto last_step = first_step + static_cast<std::int64_t>(steps_per_column_) - 1;
    std::uint64_t most = 0;
    std::int64_t newest = -2;
    char letter = ' ';
    for (int i = 0; i < inspection_.arena_plan_size(); ++i) {
      const v1::ArenaBlock& block = inspection_.arena_plan(i);
      if (block.first_step() > last_step || block.last_step() < first_step) continue;
      const std::uint64_t bytes = overlap(block, row * bytes_per_row_, (row + 1) * bytes_per_row_);
      if (bytes < most || bytes == 0 || (bytes == most && block.first_step() < newest)) continue;
      most = bytes;
      newest = block.first_step();
      letter = kLetters[static_cast<std::size_t>(i) % kLetters.size()];
    }
    return letter;
  }

  std::string row_text(std::size_t row) const {
    std::string text;
    for (std::size_t column = 0; column < columns_; ++column) text += cell(row, column);
    return text;
  }

  std::size_t column_of(int place) const { return static_cast<std::size_t>(place + 1) / steps_per_column_; }

  // Numbers of operators, ten columns or more apart.
  std::string axis_text() const {
    std::string axis;
    for (int place = 0; place < inspection_.operators_size(); ++place) {
      const std::size_t column = column_of(place);
      if (column < axis.size() + (axis.empty() ? 0 : 2) || (place != 0 && column % 10 != 1)) continue;
      axis += std::string(column - axis.size(), ' ') + std::to_string(place);
    }
    return axis;
  }

  std::string peak_text() const {
    int peak = 0;
    for (int i = 1; i < inspection_.operators_size(); ++i) {
      if (inspection_.operators(i).arena_live_bytes() > inspection_.operators(peak).arena_live_bytes()) peak = i;
    }
    return std::string(column_of(peak), ' ') + "^ peak: " + grouped(inspection_.operators(peak).arena_live_bytes()) +
           " bytes live at operator " + std::to_string(peak) + ", " + inspection_.operators(peak).kind();
  }

  const v1::Inspection& inspection_;
  const std::size_t steps_, steps_per_column_, columns_;
  const std::uint64_t bytes_per_row_;
  const std::size_t rows_;
};

std::string step_name(std::int32_t step, int operators) {
  if (step < 0) return "in";
  return step >= operators ? "out" : std::to_string(step);
}

std::string letters_text(const v1::Inspection& inspection) {
  Table table({{""},
               {"OFFSET", Table::Align::kRight},
               {"BYTES", Table::Align::kRight},
               {"FROM", Table::Align::kRight},
               {"TO", Table::Align::kRight},
               {"TENSOR"}});
  for (int i = 0; i < inspection.arena_plan_size(); ++i) {
    const v1::ArenaBlock& block = inspection.arena_plan(i);
    table.add({std::string(1, kLetters[static_cast<std::size_t>(i) % kLetters.size()]), grouped(block.offset_bytes()),
               grouped(block.size_bytes()), step_name(block.first_step(), inspection.operators_size()),
               step_name(block.last_step(), inspection.operators_size()),
               shortened(block.name(), 60) + (block.shared() ? " (shares its place)" : "")});
  }
  return table.text();
}

}  // namespace

std::string arena_map(const v1::Inspection& inspection) {
  if (inspection.operators().empty() || inspection.arena_bytes() == 0) return "";
  return Map(inspection).text() + "\n" + letters_text(inspection);
}

}  // namespace tinyrig::client
