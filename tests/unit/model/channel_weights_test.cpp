// Requantization of single channels, derived by hand.
#include "server/model/channel_weights.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tinyrig::model {
namespace {

ValueId add_words(Program& program, const std::vector<std::int32_t>& words) {
  std::vector<std::uint8_t> bytes(words.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return program.add_constant(std::move(bytes));
}

// One channel with a scale of 0.5 * 2^shift and an output zero point of 3.
std::optional<packed::Requantization> requantization(std::int32_t bias, std::int32_t shift,
                                                     const std::vector<std::int8_t>& weights) {
  Program program;
  packed::ConvParams conv{};
  conv.bias = add_words(program, {bias});
  conv.multipliers = add_words(program, {1 << 30});
  conv.shifts = add_words(program, {shift});
  conv.input_offset = 10;
  conv.output_offset = 3;
  conv.activation_min = -20;
  conv.activation_max = 100;
  const auto result = requantizations(program, conv, {weights});
  if (!result.has_value()) return std::nullopt;
  return result->at(0);
}

void expect_equal(const std::optional<packed::Requantization>& actual, const packed::Requantization& expected) {
  ASSERT_TRUE(actual.has_value());
  EXPECT_EQ(actual->bias, expected.bias);
  EXPECT_EQ(actual->multiplier, expected.multiplier);
  EXPECT_EQ(actual->rounding, expected.rounding);
  EXPECT_EQ(actual->shift, expected.shift);
}

TEST(Requantizations, FoldsBothOffsets) {
  // bias 100 + 10 * (5 - 2); rounding 2^3 + (3 << 4)
  expect_equal(requantization(100, -4, {5, -2}), {130, 1 << 30, 8 + 48, 4});
}

// Values that only a constant gives: {0, 0, 1 + 2 * output, 1}.
TEST(Requantizations, AChannelWithoutWeightsIsAConstant) {
  expect_equal(requantization(1 << 30, -27, {0, 0}), {0, 0, 1 + 2 * (4 + 3), 1});  // 2^30 / 2 / 2^27
  expect_equal(requantization(-(1 << 30), 0, {0, 0}), {0, 0, 1 + 2 * -20, 1});     // clamped
}

TEST(Requantizations, AChannelTooSmallToRoundToAStepIsAConstant) {
  expect_equal(requantization(0, -31, {127, -127}), {0, 0, 1 + 2 * 3, 1});
}

TEST(Requantizations, RefusesWhatTheFormulaDoesNotHold) {
  EXPECT_FALSE(requantization(129 << 23, -23, {100}).has_value());  // the sum: 64.5 steps and a little
  EXPECT_FALSE(requantization(100, 0, {1}).has_value());            // no right shift
  EXPECT_FALSE(requantization(1 << 20, 30, {0}).has_value());       // a left shift that loses bits
}

}  // namespace
}  // namespace tinyrig::model
