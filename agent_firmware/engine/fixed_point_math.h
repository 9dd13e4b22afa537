// Exponential and reciprocal in fixed point, for softmax, bit for bit gemmlowp's. Notation: Qm.n has m
// integer and n fractional bits beside the sign; Q0.31 stands for values in [-1, 1).
#pragma once

#include <cstdint>
#include <limits>

#include "agent_firmware/engine/fixed_point.h"

namespace tinyrig::engine {

inline constexpr std::int32_t kOneQ0 = std::numeric_limits<std::int32_t>::max();

// e^a for a in [-1/4, 0), Q0.31: e^(-1/8) times the Taylor polynomial of degree four around -1/8.
constexpr std::int32_t exp_between_minus_quarter_and_zero(std::int32_t a) {
  constexpr std::int32_t kExpMinusEighth = 1895147668;
  constexpr std::int32_t kThird = 715827883;
  const auto multiply = saturating_rounding_doubling_high_mul;
  const std::int32_t x = wrapping_add(a, 1 << 28);
  const std::int32_t x2 = multiply(x, x);
  const std::int32_t x3 = multiply(x2, x);
  const std::int32_t x4 = multiply(x2, x2);
  const std::int32_t x4_over_4 = rounding_divide_by_power_of_two(x4, 2);
  const std::int32_t two_high_terms = multiply(wrapping_add(x4_over_4, x3), kThird);
  const std::int32_t high_terms = rounding_divide_by_power_of_two(wrapping_add(two_high_terms, x2), 1);
  return wrapping_add(kExpMinusEighth, multiply(kExpMinusEighth, wrapping_add(x, high_terms)));
}

// e^a for a <= 0 in Q5.26, as Q0.31. The polynomial takes a's part within a quarter; each higher bit of
// the rest multiplies by e^-(2^k).
constexpr std::int32_t exp_on_negative_values(std::int32_t a) {
  constexpr std::int32_t kQuarter = 1 << 24;
  constexpr std::int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) {
    return kOneQ0;
  }
  const std::int32_t within_quarter = (a & (kQuarter - 1)) - kQuarter;
  std::int32_t result = exp_between_minus_quarter_and_zero(saturating_shift_left(within_quarter, 5));
  const std::int32_t rest = wrapping_sub(within_quarter, a);
  std::int32_t bit = kQuarter;
  for (const std::int32_t factor : kFactors) {
    if ((rest & bit) != 0) {
      result = saturating_rounding_doubling_high_mul(result, factor);
    }
    bit = wrapping_shift_left(bit, 1);
  }
  return result;
}

// 1 / (1 + a) for a in [0, 1), Q0.31: three Newton steps from 48/17 - 32/17 * (1 + a) / 2, in Q2.29.
constexpr std::int32_t reciprocal_of_one_plus(std::int32_t a) {
  constexpr std::int32_t k48Over17 = 1515870810;
  constexpr std::int32_t kMinus32Over17 = -1010580540;
  constexpr std::int32_t kOneQ2 = 1 << 29;
  const auto multiply = saturating_rounding_doubling_high_mul;
  const std::int64_t sum = static_cast<std::int64_t>(a) + kOneQ0;
  const auto half_denominator = static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  std::int32_t x = wrapping_add(k48Over17, multiply(half_denominator, kMinus32Over17));
  for (int step = 0; step < 3; ++step) {
    const std::int32_t error = wrapping_sub(kOneQ2, multiply(half_denominator, x));
    x = wrapping_add(x, saturating_shift_left(multiply(x, error), 2));
  }
  return saturating_shift_left(x, 1);
}

}  // namespace tinyrig::engine
