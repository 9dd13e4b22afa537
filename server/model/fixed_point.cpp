#include "server/model/fixed_point.h"

#include <limits>

#include "server/model/quantize.h"

namespace tinyrig::model {
namespace {

constexpr std::int32_t kOneQ0 = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kOneQ2 = std::int32_t{1} << 29;

std::int32_t multiply(std::int32_t a, std::int32_t b) { return saturating_rounding_doubling_high_mul(a, b); }

// gemmlowp adds and subtracts without saturation.
std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}
std::int32_t wrapping_subtract(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

std::int32_t saturating_shift_left(std::int32_t x, int bits) {
  const std::int32_t threshold = (std::int32_t{1} << (31 - bits)) - 1;
  if (x > threshold) return std::numeric_limits<std::int32_t>::max();
  if (x < -threshold) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << bits);
}

std::int32_t rounding_half_sum(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = static_cast<std::int64_t>(a) + b;
  return static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

// exp(x) for x in [-1/4, 0), Q0.31: Taylor expansion around -1/8.
std::int32_t exp_of_small_negative(std::int32_t a) {
  constexpr std::int32_t kExpOfMinusEighth = 1895147668;
  constexpr std::int32_t kThird = 715827883;
  const std::int32_t x = wrapping_add(a, std::int32_t{1} << 28);
  const std::int32_t x2 = multiply(x, x);
  const std::int32_t x3 = multiply(x2, x);
  const std::int32_t x4 = multiply(x2, x2);
  const std::int32_t x4_over_4 = rounding_divide_by_power_of_two(x4, 2);
  const std::int32_t tail =
      rounding_divide_by_power_of_two(wrapping_add(multiply(wrapping_add(x4_over_4, x3), kThird), x2), 1);
  return wrapping_add(kExpOfMinusEighth, multiply(kExpOfMinusEighth, wrapping_add(x, tail)));
}

// exp(x) for x <= 0 with `integer_bits`, the result in Q0.31: the fraction below 1/4 by Taylor, the rest
// by a product of the powers that its bits name.
std::int32_t exp_of_negative(std::int32_t a, int integer_bits) {
  if (a == 0) return kOneQ0;
  const int fractional_bits = 31 - integer_bits;
  const std::int32_t quarter = std::int32_t{1} << (fractional_bits - 2);
  const std::int32_t below_quarter = (a & (quarter - 1)) - quarter;
  std::int32_t result = exp_of_small_negative(saturating_shift_left(below_quarter, integer_bits));
  const std::int32_t remainder = wrapping_subtract(below_quarter, a);
  struct Step {
    int exponent;
    std::int32_t factor;  // exp(-2^exponent)
  };
  constexpr Step kSteps[] = {{-2, 1672461947}, {-1, 1302514674}, {0, 790015084}, {1, 290630308},
                             {2, 39332535},    {3, 720401},      {4, 242}};
  for (const Step& step : kSteps) {
    if (integer_bits > step.exponent && (remainder & (std::int32_t{1} << (fractional_bits + step.exponent))) != 0) {
      result = multiply(result, step.factor);
    }
  }
  return result;
}

// Newton-Raphson for 1 / ((1 + a) / 2), a in [0, 1] in Q0.31; the result in Q2.29.
std::int32_t reciprocal_of_half_one_plus(std::int32_t a) {
  constexpr std::int32_t k48Over17 = 1515870810;
  constexpr std::int32_t kMinus32Over17 = -1010580540;
  const std::int32_t half_denominator = rounding_half_sum(a, kOneQ0);
  std::int32_t x = wrapping_add(k48Over17, multiply(half_denominator, kMinus32Over17));
  for (int i = 0; i < 3; ++i) {
    const std::int32_t rest = wrapping_subtract(kOneQ2, multiply(half_denominator, x));
    x = wrapping_add(x, saturating_shift_left(multiply(x, rest), 2));
  }
  return x;
}

}  // namespace

std::int32_t fixed_logistic_q4(std::int32_t x) {
  if (x == 0) return std::int32_t{1} << 30;
  const std::int32_t negative = x > 0 ? wrapping_subtract(0, x) : x;
  // 1 / (1 + exp(-|x|)): half of the reciprocal above, brought from Q2.29 to Q0.31.
  const std::int32_t for_positive = saturating_shift_left(reciprocal_of_half_one_plus(exp_of_negative(negative, 4)), 1);
  return x > 0 ? for_positive : wrapping_subtract(kOneQ0, for_positive);
}

std::int32_t fixed_tanh_q4(std::int32_t x) {
  if (x == 0) return 0;
  const std::int32_t negative = x < 0 ? x : wrapping_subtract(0, x);
  // The same bits read with five integer bits are 2x; (1 - e) / (1 + e) = 2 / (1 + e) - 1.
  const std::int32_t reciprocal = reciprocal_of_half_one_plus(exp_of_negative(negative, 5));
  const std::int32_t magnitude = saturating_shift_left(wrapping_subtract(reciprocal, kOneQ2), 2);
  return x < 0 ? wrapping_subtract(0, magnitude) : magnitude;
}

}  // namespace tinyrig::model
