#include "client/table.h"

#include <algorithm>
#include <utility>

namespace tinyrig::client {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::string line_of(const std::vector<Table::Column>& columns, const std::vector<std::size_t>& widths,
                    const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string padding(widths[i] - display_width(cells[i]), ' ');
    if (i != 0) line += "  ";
    line += columns[i].align == Table::Align::kRight ? padding + cells[i] : cells[i] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(display_width(column.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text = line_of(columns_, widths, titles);
  for (const auto& row : rows_) text += line_of(columns_, widths, row);
  return text;
}

std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string printable(const std::string& text) {
  std::string clean = text;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const bool c1 = byte == 0xC2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F) clean[i] = '?';
    if (c1) {
      clean[i] = '?';
      clean[i + 1] = '?';
    }
  }
  return clean;
}

std::string shortened(const std::string& text, std::size_t width) {
  if (display_width(text) <= width || width < 3) return text;
  std::size_t points = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!continues(text[at]) && points++ == width - 3) break;
    ++at;
  }
  return text.substr(0, at) + "...";
}

}  // namespace tinyrig::client
