#include "server/mlperf/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tinyrig::mlperf {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool agrees(const Decimal& stated, double computed, double relative) {
  const double rounding = stated.last_digit() * (1 + 1e-6);
  return std::abs(stated.value - computed) <= rounding + relative * std::abs(computed);
}

std::string number_text(double value, int decimals) {
  if (!std::isfinite(value)) return "none";
  std::array<char, 400> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  std::string result(text.data(), end.ptr);
  if (result.find('.') == std::string::npos) return result;
  result.erase(result.find_last_not_of('0') + 1);
  if (result.ends_with('.')) result.pop_back();
  return result == "-0" ? "0" : result;
}

}  // namespace tinyrig::mlperf
