#include "agent_firmware/engine/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "agent_firmware/engine/fixed_point_math.h"
#include "tests/unit/engine/requantize_oracle.h"

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
