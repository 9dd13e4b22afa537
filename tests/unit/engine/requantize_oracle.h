// Requantization a second time, from gemmlowp's definitions rather than from the engine's formulas: a
// division that truncates after a nudge, and rounding in long double (64-bit mantissa: exact for these).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tinyrig::test {

inline std::int32_t oracle_doubling_high_mul(std::int32_t a, std::int32_t b) {
  if (a == std::numeric_limits<std::int32_t>::min() && b == a) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = std::int64_t{a} * std::int64_t{b};
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

inline std::int32_t oracle_divide_by_power_of_two(std::int32_t x, int exponent) {
  return static_cast<std::int32_t>(std::round(std::ldexp(static_cast<long double>(x), -exponent)));
}

// For accumulators whose left shift does not overflow.
inline std::int32_t oracle_scale(std::int64_t x, std::int32_t multiplier, std::int32_t shift) {
  const std::int64_t shifted = x * (std::int64_t{1} << std::max(shift, 0));
  return oracle_divide_by_power_of_two(oracle_doubling_high_mul(static_cast<std::int32_t>(shifted), multiplier),
                                       std::max(-shift, 0));
}

inline std::int8_t oracle_requantize(std::int64_t x, std::int32_t multiplier, std::int32_t shift, std::int32_t offset,
                                     std::int32_t low, std::int32_t high) {
  const std::int64_t value = std::int64_t{oracle_scale(x, multiplier, shift)} + offset;
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, low, high));
}

}  // namespace tinyrig::test
