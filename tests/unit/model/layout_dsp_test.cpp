// Where weights and scales lie for the DSP kernels, by hand, and what stays with the portable ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/model/laid_out.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::model {
namespace {

namespace layout = packed::dsp;
using test::TfliteBuilder;
using testing::ElementsAre;

// Multiplier 0.25 * 0.5 / 4.0 = 2^-5: Q31 2^30, shift -4.
constexpr float kInputScale = 0.25F, kWeightScale = 0.5F, kOutputScale = 4.0F;

constexpr std::uint32_t halves(int low, int high) {
  return static_cast<std::uint16_t>(low) | static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16;
}

// 1x1 over one pixel of five channels; three output channels with the given weights.
LaidOut pointwise(const std::vector<std::int8_t>& weights, float output_scale = kOutputScale) {
  TfliteBuilder builder;
  const int in = builder.input({1, 2, 2, 5}, kInputScale, -3);
  const int constant = builder.constant({3, 1, 1, 5}, weights, {kWeightScale});
  const int bias = builder.constant({100, 200, 300});
  const int out = builder.tensor({1, 2, 2, 3}, output_scale, 6);
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  builder.add(OperatorCode::kConv2d, {in, constant, bias}, {out}, options);
  builder.output(out);
  return lay_out_model(builder, packed::Core::kCortexM4);
}

const std::vector<std::int8_t> kWeights = {1, 2, 3, 4, 5, -1, -2, -3, -4, -5, 10, 20, 30, 40, 50};

TEST(LayoutDsp, TwoChannelsShareAWordOfTwoTaps) {
  const LaidOut model = pointwise(kWeights);
  ASSERT_TRUE(model.any);
  EXPECT_EQ(model.op().kernel, layout::kConv2dBlocked);
  // Channels 0 and 1: taps (0, 2), (1, 3), (4, none), (none, none). Then 1 and 2, as the third comes alone.
  EXPECT_THAT(model.constants<std::uint32_t>(model.params<packed::ConvParams>().weights),
              ElementsAre(halves(256 - 1, 768 - 3), halves(512 - 2, 1024 - 4), halves(1280 - 5, 0), 0U,
                          halves(-256 + 10, -768 + 30), halves(-512 + 20, -1024 + 40), halves(-1280 + 50, 0), 0U));
}

TEST(LayoutDsp, BiasIsDoubledAndHoldsTheInputsOffset) {
  const LaidOut model = pointwise(kWeights);
  const auto scales = model.constants<packed::Requantization>(model.params<packed::ConvParams>().bias);
  ASSERT_EQ(scales.size(), 4U);
  // Input offset 3: 100 + 3 * 15, 200 - 3 * 15, again, 300 + 3 * 150.
  const std::int32_t biases[] = {2 * 145, 2 * 155, 2 * 155, 2 * 750};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(scales[i].bias, biases[i]);
    EXPECT_EQ(scales[i].multiplier, 1 << 30);
    EXPECT_EQ(scales[i].rounding, 8 + (6 << 4));
    EXPECT_EQ(scales[i].shift, 4);
  }
}

TEST(LayoutDsp, ScratchHoldsFourColumnsAndAPatch) {
  const LaidOut model = pointwise(kWeights);
  ASSERT_EQ(model.op().scratch.size(), 1U);
  // Four tap pairs times four pixels, and a patch of eight bytes since five channels are no whole words.
  EXPECT_EQ(model.program.values[model.op().scratch[0]].bytes, 4U * (16 + 2));
}

TEST(LayoutDsp, WeightsThatCannotShareAWordStayPortable) {
  std::vector<std::int8_t> weights = kWeights;
  weights[0] = -128;  // over -1: 256 * -128 - 1 leaves 16 bits
  const LaidOut model = pointwise(weights);
  EXPECT_FALSE(model.any);
  EXPECT_EQ(model.op().kernel, packed::kPortableKernel);
  EXPECT_TRUE(model.op().scratch.empty());
  weights[5] = 1;
  EXPECT_TRUE(pointwise(weights).any);
}

TEST(LayoutDsp, MultipliersFromAHalfOnStayPortable) {
  EXPECT_TRUE(pointwise(kWeights, 0.26F).any);
  EXPECT_FALSE(pointwise(kWeights, 0.125F).any);
}

LaidOut depthwise(std::int32_t channels, std::int32_t stride) {
  TfliteBuilder builder;
  const int in = builder.input({1, 6, 6, channels}, kInputScale, -3);
  std::vector<std::int8_t> data;
  for (std::int32_t k = 0; k < 9; ++k) {
    for (std::int32_t c = 0; c < channels; ++c) data.push_back(static_cast<std::int8_t>(10 * c + k));
  }
  const int weights = builder.constant({1, 3, 3, channels}, data, {kWeightScale}, 3);
  const int out = builder.tensor({1, 6 / stride, 6 / stride, channels}, kOutputScale, 6);
  tflite::DepthwiseConv2DOptionsT options;
  options.stride_h = options.stride_w = stride;
  options.depth_multiplier = 1;
  builder.add(OperatorCode::kDepthwiseConv2d, {in, weights, -1}, {out}, options);
  builder.output(out);
  return lay_out_model(builder, packed::Core::kCortexM33);
}

TEST(LayoutDsp, DepthwiseWeightsLieInFours) {
  const LaidOut model = depthwise(6, 1);
  EXPECT_EQ(model.op().kernel, layout::kDepthwise3x3);
  const auto bytes = model.constants<std::int8_t>(model.params<packed::ConvParams>().weights);
  ASSERT_EQ(bytes.size(), 2U * 9 * 4);
  for (std::size_t tap = 0; tap < 9; ++tap) {
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(bytes[4 * tap + i], static_cast<std::int8_t>(10 * i + tap));
      EXPECT_EQ(bytes[36 + 4 * tap + i], static_cast<std::int8_t>(10 * (i + 2) + tap));  // channels 2 to 5
    }
  }
}

TEST(LayoutDsp, DepthwiseRunsInPlaceOnlyInWholeFours) {
  EXPECT_EQ(depthwise(8, 1).op().in_place.size(), 1U);
  EXPECT_EQ(depthwise(8, 2).op().in_place.size(), 1U);
  EXPECT_EQ(depthwise(6, 1).op().in_place.size(), 0U);
  EXPECT_EQ(depthwise(8, 3).op().kernel, packed::kPortableKernel);
}

}  // namespace
}  // namespace tinyrig::model
