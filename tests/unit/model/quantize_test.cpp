// Arithmetic derived by hand.
#include "server/model/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "server/model/fixed_point.h"
#include "server/model/lookup.h"

namespace tinyrig::model {
namespace {

TEST(QuantizeMultiplier, SplitsIntoSignificandAndShift) {
  // 0.75 = 0.75 * 2^0; 1 = 0.5 * 2^1; 0.1 = 0.8 * 2^-3.
  EXPECT_EQ(quantize_multiplier(0.75)->value, 1610612736);
  EXPECT_EQ(quantize_multiplier(0.75)->shift, 0);
  EXPECT_EQ(quantize_multiplier(1.0)->value, 1 << 30);
  EXPECT_EQ(quantize_multiplier(1.0)->shift, 1);
  EXPECT_EQ(quantize_multiplier(0.1)->value, 1717986918);
  EXPECT_EQ(quantize_multiplier(0.1)->shift, -3);
  EXPECT_EQ(quantize_multiplier(-0.75)->value, -1610612736);
  EXPECT_EQ(quantize_multiplier(0.0)->value, 0);
}

TEST(QuantizeMultiplier, RoundsUpToTheNextPowerOfTwo) {
  const double just_below_1 = 1.0 - std::ldexp(1.0, -40);
  EXPECT_EQ(quantize_multiplier(just_below_1)->value, 1 << 30);
  EXPECT_EQ(quantize_multiplier(just_below_1)->shift, 1);
}

TEST(QuantizeMultiplier, FlushesTinyRatiosAndRefusesHugeOnes) {
  EXPECT_EQ(quantize_multiplier(std::ldexp(1.0, -33))->value, 0);
  EXPECT_EQ(quantize_multiplier(std::ldexp(1.0, -33))->shift, 0);
  EXPECT_EQ(quantize_multiplier(std::ldexp(1.0, -32))->shift, -31);
  EXPECT_FALSE(quantize_multiplier(std::ldexp(1.0, 30)).ok());
  EXPECT_FALSE(quantize_multiplier(std::numeric_limits<double>::infinity()).ok());
  EXPECT_FALSE(quantize_multiplier(std::numeric_limits<double>::quiet_NaN()).ok());
}

TEST(MultiplyByQuantizedMultiplier, RoundsTwiceAsTheReferenceDoes) {
  const Multiplier half{1 << 30, 0};
  EXPECT_EQ(multiply_by_quantized_multiplier(5, half), 3);    // 2.5 up
  EXPECT_EQ(multiply_by_quantized_multiplier(-5, half), -2);  // -2.5 up as well, in the product
  const Multiplier quarter{1 << 30, -1};
  EXPECT_EQ(multiply_by_quantized_multiplier(5, quarter), 2);    // 2.5 -> 3, 3 / 2 -> 2
  EXPECT_EQ(multiply_by_quantized_multiplier(-5, quarter), -1);  // -2.5 -> -2, -2 / 2
  EXPECT_EQ(multiply_by_quantized_multiplier(-6, quarter), -2);  // -3 / 2 -> -2: away from zero
  EXPECT_EQ(multiply_by_quantized_multiplier(7, {1 << 30, 3}), 28);
}

TEST(RoundingDivide, TiesGoAwayFromZero) {
  EXPECT_EQ(rounding_divide_by_power_of_two(3, 1), 2);
  EXPECT_EQ(rounding_divide_by_power_of_two(-3, 1), -2);
  EXPECT_EQ(rounding_divide_by_power_of_two(-1, 2), 0);
  EXPECT_EQ(rounding_divide_by_power_of_two(std::numeric_limits<std::int32_t>::min(), 31), -1);
}

TEST(ActivationRange, CutsAtTheActivationsBounds) {
  EXPECT_EQ(activation_range(Activation::kNone, 0.05F, 3)->min, -128);
  EXPECT_EQ(activation_range(Activation::kNone, 0.05F, 3)->max, 127);
  EXPECT_EQ(activation_range(Activation::kRelu, 0.05F, 3)->min, 3);
  EXPECT_EQ(activation_range(Activation::kRelu, 0.05F, 3)->max, 127);
  EXPECT_EQ(activation_range(Activation::kRelu6, 0.1F, -50)->min, -50);
  EXPECT_EQ(activation_range(Activation::kRelu6, 0.1F, -50)->max, 10);    // -50 + 60
  EXPECT_EQ(activation_range(Activation::kRelu6, 0.01F, -50)->max, 127);  // 550 would not fit
  EXPECT_EQ(activation_range(Activation::kReluN1To1, 0.02F, 10)->min, -40);
  EXPECT_EQ(activation_range(Activation::kReluN1To1, 0.02F, 10)->max, 60);
  EXPECT_FALSE(activation_range(Activation::kRelu6, 1.0e-30F, 0).ok());
}

// beta 1, scale 0.5: 0.5 * 2^26 = 2^25 = 0.5 * 2^26; the largest difference is 31 * 2^26 / 2^26.
TEST(SoftmaxScaling, FollowsTheScale) {
  const auto scaling = softmax_scaling(1.0F, 0.5F);
  ASSERT_TRUE(scaling.ok());
  EXPECT_EQ(scaling->multiplier, 1 << 30);
  EXPECT_EQ(scaling->left_shift, 26);
  EXPECT_EQ(scaling->diff_min, -31);
  EXPECT_EQ(softmax_scaling(1.0F, 1.0e9F)->multiplier, 2147483647);  // capped
  EXPECT_FALSE(softmax_scaling(1.0F, 1.0e-9F).ok());
}

TEST(WindowTest, PadsLikeTensorFlow) {
  const Window same = window(Padding::kSame, 49, 10, 2, 1);  // KWS, rows
  EXPECT_EQ(same.output, 25);
  EXPECT_EQ(same.pad_before, 4);  // (24 * 2 + 10 - 49) / 2
  const Window dilated = window(Padding::kValid, 9, 3, 1, 3);
  EXPECT_EQ(dilated.output, 3);
  EXPECT_EQ(dilated.pad_before, 0);
  EXPECT_EQ(window(Padding::kSame, 5, 1, 2, 1).pad_before, 0);
  EXPECT_LE(window(Padding::kValid, 2, 5, 1, 1).output, 0);
}

TEST(FixedPoint, AgreesWithTheFunctions) {
  for (double x = -15.9; x < 15.9; x += 0.37) {
    const auto q4 = static_cast<std::int32_t>(std::lround(x * (1 << 27)));
    EXPECT_NEAR(fixed_logistic_q4(q4) / 2147483648.0, 1.0 / (1.0 + std::exp(-x)), 1.0e-6) << x;
    EXPECT_NEAR(fixed_tanh_q4(q4) / 2147483648.0, std::tanh(x), 1.0e-6) << x;
  }
  EXPECT_EQ(fixed_logistic_q4(0), 1 << 30);
  EXPECT_EQ(fixed_tanh_q4(0), 0);
}

std::int32_t entry(const LookupTable& table, std::int32_t value) {
  return static_cast<std::int8_t>(table[static_cast<std::uint8_t>(value)]);
}

TEST(Lookup, HoldsTheFunctionAtEveryInt8) {
  const LookupTable logistic = logistic_table({0.05F, 10, 1.0F / 256, -128});
  const LookupTable tanh = tanh_table({0.05F, 10, 1.0F / 128, 0});
  for (std::int32_t value = -128; value <= 127; ++value) {
    const double x = 0.05 * (value - 10);
    EXPECT_NEAR(entry(logistic, value), std::min(256.0 / (1.0 + std::exp(-x)) - 128.0, 127.0), 0.51) << value;
    EXPECT_NEAR(entry(tanh, value), std::min(128.0 * std::tanh(x), 127.0), 0.51) << value;
  }
  EXPECT_EQ(entry(logistic, 10), 0);  // 0.5
  EXPECT_EQ(entry(tanh, 10), 0);
}

TEST(Lookup, RequantizesAndClamps) {
  const auto table = requantize_table({0.1F, 0, 0.05F, -10});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(entry(*table, 5), 0);  // 0.5 = 0.05 * 10
  EXPECT_EQ(entry(*table, 100), 127);
  EXPECT_EQ(entry(*table, -100), -128);
}

TEST(Lookup, ReluFamilyKeepsItsBounds) {
  const auto relu = relu_table({0.1F, 20, 0.1F, 20});
  EXPECT_EQ(entry(*relu, 19), 20);
  EXPECT_EQ(entry(*relu, 21), 21);
  const auto relu6 = relu6_table({0.1F, 20, 0.3F, 0});  // the output's quantization is not looked at
  EXPECT_EQ(entry(*relu6, 0), 20);
  EXPECT_EQ(entry(*relu6, 50), 50);
  EXPECT_EQ(entry(*relu6, 120), 80);
  const auto leaky = leaky_relu_table({0.1F, 0, 0.1F, 0}, 0.5F);
  EXPECT_EQ(entry(*leaky, 40), 40);
  EXPECT_EQ(entry(*leaky, -40), -20);
  const auto hard_swish = hard_swish_table({0.05F, 0, 0.05F, 0});
  EXPECT_EQ(entry(*hard_swish, 80), 80);   // 4: above 3, unchanged
  EXPECT_EQ(entry(*hard_swish, -80), 0);   // -4: below -3
  EXPECT_EQ(entry(*hard_swish, -20), -7);  // -1 * 2 / 6 = -0.33 = -6.7 steps
}

TEST(Lookup, SurvivesExtremeScales) {
  for (const float scale : {1.0e-38F, 1.0e-20F, 1.0e-6F, 1.0e6F, 1.0e20F, 3.0e38F}) {
    const LookupTable logistic = logistic_table({scale, 5, 1.0F / 256, -128});
    EXPECT_LE(entry(logistic, -128), entry(logistic, 127));
    const LookupTable tanh = tanh_table({scale, 5, 1.0F / 128, 0});
    EXPECT_LE(entry(tanh, -128), entry(tanh, 127));
    (void)requantize_table({scale, 0, 1.0F, 0});
    (void)relu6_table({scale, 0, 1.0F, 0});
    (void)hard_swish_table({scale, -128, 1.0F, 127});
    (void)leaky_relu_table({1.0F, 0, scale, 0}, -1.0e30F);
  }
}

}  // namespace
}  // namespace tinyrig::model
