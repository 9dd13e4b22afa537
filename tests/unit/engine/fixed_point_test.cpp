#include "agent_firmware/engine/fixed_point.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "agent_firmware/engine/fixed_point_math.h"
#include "tests/unit/engine/requantize_oracle.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

TEST(DoublingHighMul, HandDerived) {
  // 3 * 2^29 / 2^31 = 0.75 -> 1; 1 * 2^30 / 2^31 = 0.5 -> 1 (halves up); -0.5 -> 0; -0.75 -> -1; -1.5 -> -1.
  EXPECT_EQ(saturating_rounding_doubling_high_mul(3, 1 << 29), 1);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(1, 1 << 30), 1);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(-1, 1 << 30), 0);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(-3, 1 << 29), -1);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(-3, 1 << 30), -1);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(100, 1 << 30), 50);
}

TEST(DoublingHighMul, Extremes) {
  EXPECT_EQ(saturating_rounding_doubling_high_mul(kMin, kMin), kMax);  // 2^31 does not fit
  EXPECT_EQ(saturating_rounding_doubling_high_mul(kMin, kMax), -kMax);
  EXPECT_EQ(saturating_rounding_doubling_high_mul(kMax, kMax), kMax - 1);  // 2^31 - 2 + 2^-31
  EXPECT_EQ(saturating_rounding_doubling_high_mul(kMin, 0), 0);
}

TEST(DoublingHighMul, AgreesWithTheDivision) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> any(kMin, kMax);
  for (int i = 0; i < 200000; ++i) {
    const std::int32_t a = any(random);
    const std::int32_t b = any(random) >> (i % 31);
    ASSERT_EQ(saturating_rounding_doubling_high_mul(a, b), test::oracle_doubling_high_mul(a, b)) << a << " * " << b;
    const std::int32_t tie = (a >> 16) * 2 + 1;  // odd * 2^30: halfway between two results
    ASSERT_EQ(saturating_rounding_doubling_high_mul(tie, 1 << 30), test::oracle_doubling_high_mul(tie, 1 << 30)) << tie;
  }
}

TEST(DivideByPowerOfTwo, HalvesAwayFromZero) {
  EXPECT_EQ(rounding_divide_by_power_of_two(5, 1), 3);
  EXPECT_EQ(rounding_divide_by_power_of_two(-5, 1), -3);
  EXPECT_EQ(rounding_divide_by_power_of_two(6, 2), 2);
  EXPECT_EQ(rounding_divide_by_power_of_two(-6, 2), -2);
  EXPECT_EQ(rounding_divide_by_power_of_two(5, 2), 1);
  EXPECT_EQ(rounding_divide_by_power_of_two(-5, 2), -1);
  EXPECT_EQ(rounding_divide_by_power_of_two(7, 0), 7);
}

TEST(DivideByPowerOfTwo, Extremes) {
  EXPECT_EQ(rounding_divide_by_power_of_two(kMax, 31), 1);
  EXPECT_EQ(rounding_divide_by_power_of_two(kMin, 31), -1);
  EXPECT_EQ(rounding_divide_by_power_of_two(1 << 30, 31), 1);  // exactly a half
  EXPECT_EQ(rounding_divide_by_power_of_two((1 << 30) - 1, 31), 0);
  EXPECT_EQ(rounding_divide_by_power_of_two(-(1 << 30), 31), -1);
  EXPECT_EQ(rounding_divide_by_power_of_two(kMax, 32), 0);
  EXPECT_EQ(rounding_divide_by_power_of_two(kMin, 40), 0);
}

TEST(DivideByPowerOfTwo, AgreesWithRounding) {
  std::mt19937 random(2);
  std::uniform_int_distribution<std::int32_t> any(kMin, kMax);
  for (int i = 0; i < 200000; ++i) {
    const std::int32_t x = any(random) >> (i % 29);
    const int exponent = i % 32;
    ASSERT_EQ(rounding_divide_by_power_of_two(x, exponent), test::oracle_divide_by_power_of_two(x, exponent))
        << x << " / 2^" << exponent;
  }
}

TEST(MultiplyByQuantizedMultiplier, RoundsTwice) {
  // 3 * 0.5 = 1.5 -> 2 after the multiplication, then 2 / 4 = 0.5 -> 1. One rounding: 3 / 8 = 0.375 -> 0.
  EXPECT_EQ(multiply_by_quantized_multiplier(3, 1 << 30, -2), 1);
  EXPECT_EQ(multiply_by_quantized_multiplier(-3, 1 << 30, -2), 0);  // -1.5 -> -1 (halves up), -0.25 -> 0
  EXPECT_EQ(multiply_by_quantized_multiplier(1000, 1 << 30, 1), 1000);
  EXPECT_EQ(multiply_by_quantized_multiplier(-7, 1 << 30, 3), -28);
}

TEST(MultiplyByQuantizedMultiplier, WrapsWhereItCannotFit) {
  EXPECT_EQ(multiply_by_quantized_multiplier(1 << 30, kMax, 2), 0);  // 2^32 wraps to 0 before it multiplies
  EXPECT_EQ(multiply_by_quantized_multiplier(kMin, kMax, 31), 0);
  EXPECT_EQ(multiply_by_quantized_multiplier(kMin, kMax, -31), -1);
}

TEST(Requantize, MovesAndClamps) {
  EXPECT_EQ(requantize(100, 1 << 30, 1, 10, -128, 127), 110);
  EXPECT_EQ(requantize(200, 1 << 30, 1, 10, -128, 127), 127);
  EXPECT_EQ(requantize(-200, 1 << 30, 1, 10, -128, 127), -128);
  EXPECT_EQ(requantize(-50, 1 << 30, 1, 10, 10, 100), 10);
}

TEST(Requantize, RoundsTwiceThenMoves) {
  // 5 / 2 = 2.5 -> 3, 3 / 2 = 1.5 -> 2; one rounding would give 1.25 -> 1.
  EXPECT_EQ(requantize(5, 1 << 30, -1, 0, -128, 127), 2);
  // -5 / 2 = -2.5 -> -2 (halves up), -2 / 2 = -1 exactly.
  EXPECT_EQ(requantize(-5, 1 << 30, -1, 0, -128, 127), -1);
  // -3 / 2 = -1.5 -> -1, -1 / 2 = -0.5 -> -1 (halves away from zero).
  EXPECT_EQ(requantize(-3, 1 << 30, -1, 0, -128, 127), -1);
  // 7 / 2 = 3.5 -> 4, 4 / 8 = 0.5 -> 1, and 1 - 128.
  EXPECT_EQ(requantize(7, 1 << 30, -3, -128, -128, 127), -127);
}

TEST(Requantize, ExtremesOfTheAccumulator) {
  EXPECT_EQ(requantize(kMax, kMax, 0, 0, -128, 127), 127);
  EXPECT_EQ(requantize(kMin, kMax, 0, 0, -128, 127), -128);
  EXPECT_EQ(requantize(kMax, 1 << 30, -23, 0, -128, 127), 127);   // 2^30 / 2^23 = 128
  EXPECT_EQ(requantize(kMin, 1 << 30, -23, 0, -128, 127), -128);  // -2^30 / 2^23 = -128
  EXPECT_EQ(requantize(kMax, 0, 30, 5, -128, 127), 5);            // a ratio that vanished
  // The left shift wraps before the multiplication: kMax << 1 is -2, and -2 * (1 - 2^-31) -> -2.
  EXPECT_EQ(requantize(kMax, kMax, 1, 1, -128, 127), -1);
}

// packed::Requantization's formula, as params.h states it for the cores' kernels.
std::int32_t requantize_in_one_step(const packed::Requantization& r, std::int32_t accumulator) {
  const auto product = static_cast<std::int64_t>(accumulator + r.bias) * r.multiplier;
  const auto scaled = static_cast<std::int32_t>((product + (std::int64_t{1} << 30)) >> 31);
  return (scaled - (scaled < 0 ? 1 : 0) + r.rounding) >> r.shift;
}

packed::Requantization one_step(std::int32_t bias, std::int32_t multiplier, std::int32_t shift, std::int32_t offset) {
  return {bias, multiplier, (1 << (shift - 1)) + static_cast<std::int32_t>(static_cast<std::uint32_t>(offset) << shift),
          shift};
}

TEST(RequantizeInOneStep, HandDerived) {
  // The same four as above, and a half below zero with the zero point in `rounding`.
  EXPECT_EQ(requantize_in_one_step(one_step(0, 1 << 30, 1, 0), 5), 2);
  EXPECT_EQ(requantize_in_one_step(one_step(0, 1 << 30, 1, 0), -5), -1);
  EXPECT_EQ(requantize_in_one_step(one_step(0, 1 << 30, 1, 0), -3), -1);
  EXPECT_EQ(requantize_in_one_step(one_step(3, 1 << 30, 3, -128), 4), -127);
  EXPECT_EQ(requantize_in_one_step(one_step(0, 1 << 30, 1, 10), -3), 9);
}

TEST(RequantizeInOneStep, IsTheDoubleRoundingInItsWholeRange) {
  constexpr std::int32_t kMost = (1 << 30) - 1;
  std::mt19937 random(3);
  std::uniform_int_distribution<std::int32_t> any(-kMost, kMost), significand(1 << 30, kMax), zero(-128, 127);
  for (std::int32_t shift = packed::kMinRightShift; shift <= packed::kMaxRightShift; ++shift) {
    for (int i = 0; i < 20000; ++i) {
      const std::int32_t multiplier = i % 5 == 0 ? 1 << 30 : (i % 5 == 1 ? kMax : significand(random));
      const std::int32_t offset = i % 3 == 0 ? (i % 2 == 0 ? -128 : 127) : zero(random);
      // Anything, the ends, and what comes to lie at or beside a half of the right shift.
      std::int32_t x = any(random) >> (i % 30);
      if (i % 7 == 0) x = i % 2 == 0 ? kMost : -kMost;
      if (i % 7 == 1) {
        const std::int64_t half = (x | 1) * (std::int64_t{1} << shift) + i % 3 - 1;
        x = static_cast<std::int32_t>(std::clamp<std::int64_t>(half, -kMost, kMost));
      }
      const std::int32_t expected = multiply_by_quantized_multiplier(x, multiplier, -shift) + offset;
      ASSERT_EQ(requantize_in_one_step(one_step(0, multiplier, shift, offset), x), expected)
          << x << " * " << multiplier << " >> " << shift << " + " << offset;
    }
  }
}

TEST(Shifts, SaturateOrWrap) {
  EXPECT_EQ(saturating_shift_left(1 << 20, 11), kMax);
  EXPECT_EQ(saturating_shift_left(-(1 << 20), 11), kMin);
  EXPECT_EQ(saturating_shift_left(-(1 << 20), 12), kMin);
  EXPECT_EQ(saturating_shift_left(-3, 4), -48);
  EXPECT_EQ(wrapping_shift_left(1 << 20, 12), 0);
  EXPECT_EQ(wrapping_add(kMax, 1), kMin);
  EXPECT_EQ(wrapping_sub(kMin, 1), kMax);
}

TEST(Exponential, KnownValues) {
  EXPECT_EQ(exp_on_negative_values(0), kMax);
  // The constants are round(e^-(2^k) * 2^31): recomputed here.
  const std::int32_t expected[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  for (int k = -2; k <= 4; ++k) {
    EXPECT_EQ(std::llround(std::ldexp(std::exp(-std::ldexp(1.0L, k)), 31)), expected[k + 2]) << k;
  }
  EXPECT_EQ(std::llround(std::ldexp(std::exp(-0.125L), 31)), 1895147668);
}

TEST(Exponential, FollowsTheRealOne) {
  double worst = 0;
  for (std::int64_t a = -(std::int64_t{31} << 26); a < 0; a += 99991) {
    const double real = std::exp(static_cast<double>(a) / (1 << 26));
    const double ours = std::ldexp(static_cast<double>(exp_on_negative_values(static_cast<std::int32_t>(a))), -31);
    worst = std::max(worst, std::abs(real - ours));
  }
  EXPECT_LT(worst, 1e-6);
  EXPECT_GT(worst, 0.0);
}

TEST(Reciprocal, FollowsTheRealOne) {
  double worst = 0;
  for (std::int64_t a = 0; a < (std::int64_t{1} << 31); a += 99991) {
    const double real = 1.0 / (1.0 + std::ldexp(static_cast<double>(a), -31));
    const double ours = std::ldexp(static_cast<double>(reciprocal_of_one_plus(static_cast<std::int32_t>(a))), -31);
    worst = std::max(worst, std::abs(real - ours));
  }
  EXPECT_LT(worst, 1e-8);
}

TEST(Arithmetic, IsUsableInConstantExpressions) {
  static_assert(multiply_by_quantized_multiplier(100, 1 << 30, 0) == 50);
  static_assert(exp_on_negative_values(0) == kMax);
  static_assert(reciprocal_of_one_plus(0) > kMax - 16);
}

}  // namespace
}  // namespace tinyrig::engine
