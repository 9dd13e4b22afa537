#include "server/mlperf/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tinyrig::mlperf {
namespace {

constexpr std::string_view kBlanks{" \t\r\n\0", 5};

}  // namespace

double Decimal::last_digit() const { return std::pow(10.0, -decimals); }

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<Decimal> leading_number(std::string_view text) {
  text = stripped(text);
  Decimal number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc{} || !std::isfinite(number.value)) return std::nullopt;
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.data()));
  if (const std::size_t dot = digits.find('.'); dot != std::string_view::npos) {
    const std::size_t fraction_end = std::min(digits.find_first_of("eE"), digits.size());
    number.decimals = static_cast<int>(std::min<std::size_t>(fraction_end - dot - 1, 15));
  }
  return number;
}

std::optional<std::uint64_t> leading_count(std::string_view text) {
  text = stripped(text);
  std::uint64_t count = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc{}) return std::nullopt;
  return count;
}

bool consume(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  line = stripped(line);
  if (!consume(&line, key)) return std::nullopt;
  line = stripped(line);
  if (!consume(&line, ":")) return std::nullopt;
  return stripped(line);
}

std::optional<std::string_view> in_brackets(std::string_view text, std::string_view open) {
  const std::size_t start = text.find(open);
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start + open.size());
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(0, end);
}

std::vector<float> number_list(std::string_view text, std::size_t most) {
  std::vector<float> numbers;
  while (numbers.size() < most) {
    const std::size_t comma = text.find(',');
    const auto number = leading_number(text.substr(0, comma));
    if (!number.has_value()) break;
    numbers.push_back(static_cast<float>(number->value));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return numbers;
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string cut(std::string_view text, std::size_t most) { return std::string(text.substr(0, most)); }

void LineSplitter::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    const std::size_t end = chunk.find('\n');
    const std::string_view piece = chunk.substr(0, end);
    line_.append(piece.substr(0, kMaxLineBytes - std::min(kMaxLineBytes, line_.size())));
    if (end == std::string_view::npos) return;
    sink_(++number_, line_);
    line_.clear();
    chunk.remove_prefix(end + 1);
  }
}

void LineSplitter::finish() {
  if (!line_.empty()) sink_(++number_, line_);
  line_.clear();
}

}  // namespace tinyrig::mlperf
