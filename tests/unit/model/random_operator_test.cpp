// The random operators reach what they are for: a generator that has gone tame would make every comparison of
// kernels look good.
#include "tests/support/model/random_operator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "agent_firmware/engine/image.h"
#include "agent_firmware/engine/kernel.h"
#include "server/model/pack.h"

namespace tinyrig::test {
namespace {

constexpr std::uint32_t kSeeds = 1000;

struct Reached {
  std::set<std::int32_t> multipliers, shifts, input_offsets, output_offsets, strides, dilations, channel_tails;
  std::int32_t least_bias = 0, most_bias = 0;
  int padded = 0, clamped = 0, without_bias = 0, several_batches = 0, lightest_weight = 0, packed = 0;
};

// Of convolutions, depthwise ones too.
Reached look_at(std::string_view name) {
  Reached reached;
  for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
    const auto model = model::pack_tflite(random_operator(name, seed, {}), packed::Core::kPortable);
    if (!model.ok()) continue;
    ++reached.packed;
    const engine::Image image(model->image);
    const engine::Memory memory{image.data(), nullptr};
    const auto& p = *static_cast<const packed::ConvParams*>(image.params(image.operators()[0]));
    const auto channels = static_cast<std::size_t>(p.output_shape.c);
    const std::span multipliers(memory.read<std::int32_t>(p.multipliers), channels);
    const std::span shifts(memory.read<std::int32_t>(p.shifts), channels);
    reached.multipliers.insert(multipliers.begin(), multipliers.end());
    reached.shifts.insert(shifts.begin(), shifts.end());
    if (p.bias == packed::kNone) {
      ++reached.without_bias;
    } else {
      const auto [least, most] = std::ranges::minmax(std::span(memory.read<std::int32_t>(p.bias), channels));
      reached.least_bias = std::min(reached.least_bias, least);
      reached.most_bias = std::max(reached.most_bias, most);
    }
    const std::span weights(memory.read<std::int8_t>(p.weights), channels);
    if (std::ranges::find(weights, -128) != weights.end()) ++reached.lightest_weight;
    reached.input_offsets.insert(p.input_offset);
    reached.output_offsets.insert(p.output_offset);
    reached.strides.insert({p.stride_h, p.stride_w});
    reached.dilations.insert({p.dilation_h, p.dilation_w});
    reached.channel_tails.insert(p.output_shape.c % 16);
    if (p.pad_top != 0 || p.pad_left != 0) ++reached.padded;
    if (p.activation_min != -128 || p.activation_max != 127) ++reached.clamped;
    if (p.input_shape.n != 1) ++reached.several_batches;
  }
  return reached;
}

class RandomConvolution : public testing::TestWithParam<const char*> {};

TEST_P(RandomConvolution, ReachesTheExtremes) {
  const Reached reached = look_at(GetParam());
  EXPECT_GT(reached.packed, static_cast<int>(kSeeds) * 9 / 10);
  // Q31 significands: the least, the largest, and 0 for a ratio that vanishes.
  EXPECT_TRUE(reached.multipliers.count(1 << 30));
  EXPECT_GT(*reached.multipliers.rbegin(), std::numeric_limits<std::int32_t>::max() - 256);
  EXPECT_TRUE(reached.multipliers.count(0));
  EXPECT_LE(*reached.shifts.begin(), -28);
  EXPECT_GE(*reached.shifts.rbegin(), 8);
  for (std::int32_t shift = -22; shift <= 2; ++shift) EXPECT_TRUE(reached.shifts.count(shift)) << shift;
  for (const std::int32_t offset : {-127, 0, 128}) EXPECT_TRUE(reached.input_offsets.count(offset)) << offset;
  for (const std::int32_t offset : {-128, 0, 127}) EXPECT_TRUE(reached.output_offsets.count(offset)) << offset;
  EXPECT_EQ(reached.strides, (std::set<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(reached.dilations, (std::set<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(reached.channel_tails.size(), 16U);
  EXPECT_EQ(reached.least_bias, std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(reached.most_bias, std::numeric_limits<std::int32_t>::max());
  for (const int count :
       {reached.padded, reached.clamped, reached.without_bias, reached.several_batches, reached.lightest_weight}) {
    EXPECT_GT(count, static_cast<int>(kSeeds) / 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, RandomConvolution, testing::Values("conv_2d", "depthwise_conv_2d"));

TEST(RandomOperator, IsAcceptedAndTheSameAgain) {
  for (const std::string_view name : random_operator_names()) {
    int accepted = 0;
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
      const auto file = random_operator(name, seed, {});
      ASSERT_EQ(file, random_operator(name, seed, {})) << name << " " << seed;
      accepted += model::pack_tflite(file, packed::Core::kPortable).ok() ? 1 : 0;
    }
    EXPECT_GE(accepted, 40) << name;
  }
}

TEST(RandomOperator, KeepsItsLimits) {
  const OperatorLimits limits{.tensor_bytes = 300, .weight_bytes = 200};
  for (const char* name : {"conv_2d", "depthwise_conv_2d", "fully_connected", "add", "max_pool_2d"}) {
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
      const auto model = model::pack_tflite(random_operator(name, seed, limits), packed::Core::kPortable);
      if (!model.ok()) continue;
      EXPECT_LE(model->inputs[0].bytes, limits.tensor_bytes) << name << " " << seed;
      EXPECT_LE(model->outputs[0].bytes, limits.tensor_bytes) << name << " " << seed;
    }
  }
}

}  // namespace
}  // namespace tinyrig::test
