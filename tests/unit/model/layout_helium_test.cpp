// Where weights and scales lie for the Helium kernels, by hand, and what stays with the portable ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/model/laid_out.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::model {
namespace {

namespace layout = packed::helium;
using test::TfliteBuilder;
using testing::Each;
using testing::ElementsAre;

// Multiplier 0.25 * 0.5 / 4.0 = 2^-5: Q31 2^30, shift -4.
constexpr float kInputScale = 0.25F, kWeightScale = 0.5F, kOutputScale = 4.0F;

// 3x3 over 5x5x2 to 5 channels: 18 taps, two vectors; the weight of channel c at tap k is 20 * c + k.
LaidOut convolution(std::int64_t zero_point = -3, float output_scale = kOutputScale) {
  TfliteBuilder builder;
  const int in = builder.input({1, 5, 5, 2}, kInputScale, zero_point);
  std::vector<std::int8_t> data;
  for (std::int8_t c = 0; c < 5; ++c) {
    for (std::int8_t k = 0; k < 18; ++k) data.push_back(static_cast<std::int8_t>(20 * c + k));
  }
  const int weights = builder.constant({5, 3, 3, 2}, data, {kWeightScale});
  const int bias = builder.constant({100, 200, 300, 400, 500});
  const int out = builder.tensor({1, 5, 5, 5}, output_scale, 6);
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  builder.add(OperatorCode::kConv2d, {in, weights, bias}, {out}, options);
  builder.output(out);
  return lay_out_model(builder, packed::Core::kCortexM55);
}

TEST(LayoutHelium, WeightsOfFourChannelsLieInTwoPairs) {
  const LaidOut model = convolution();
  ASSERT_TRUE(model.any);
  EXPECT_EQ(model.op().kernel, layout::kConvolution);
  const auto blocks = model.constants<std::int8_t>(model.params<packed::ConvParams>().weights);
  ASSERT_EQ(blocks.size(), 2U * 4 * 2 * 16);  // groups, channels, steps, bytes
  const auto vector_at = [&blocks](std::size_t index) {
    return std::vector<std::int8_t>(blocks.begin() + static_cast<std::ptrdiff_t>(16 * index),
                                    blocks.begin() + static_cast<std::ptrdiff_t>(16 * index + 16));
  };
  // Channels 0 and 2 by turns, then 1 and 3; of the second vector of taps only two are used.
  const std::vector<std::size_t> channels = {0, 2, 0, 2, 1, 3, 1, 3};
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::size_t step = i / 2 % 2;
    std::vector<std::int8_t> expected(16);
    for (std::size_t k = 0; k < (step == 0 ? 16U : 2U); ++k) {
      expected[k] = static_cast<std::int8_t>(20 * channels[i] + 16 * step + k);
    }
    EXPECT_EQ(vector_at(i), expected) << "vector " << i;
  }
  EXPECT_EQ(vector_at(8)[0], 80);
  EXPECT_EQ(vector_at(10)[1], 80 + 17);
  for (const std::size_t unused : {9U, 11U, 12U, 13U, 14U, 15U}) EXPECT_THAT(vector_at(unused), Each(0));
}

TEST(LayoutHelium, ScalesLieInVectorsOfFourChannels) {
  const LaidOut model = convolution();
  const auto& conv = model.params<packed::ConvParams>();
  EXPECT_EQ(conv.multipliers, packed::kNone);
  EXPECT_EQ(conv.shifts, packed::kNone);
  const auto scales = model.constants<layout::Scales>(conv.bias);
  ASSERT_EQ(scales.size(), 2U);
  // Input offset 3 times the weights' sum: 18 * 20 * c + 153.
  EXPECT_THAT(scales[0].bias, ElementsAre(100 + 459, 200 + 3 * 513, 300 + 3 * 873, 400 + 3 * 1233));
  EXPECT_THAT(scales[1].bias, ElementsAre(500 + 3 * 1593, 0, 0, 0));
  EXPECT_THAT(scales[0].multiplier, Each(1 << 30));
  EXPECT_THAT(scales[0].rounding, Each(8 + 6 * 16));  // half of 2^4, zero point 6
  EXPECT_THAT(scales[0].left_shift, Each(24 - 4));
  EXPECT_THAT(scales[1].left_shift, ElementsAre(20, 0, 0, 0));
}

TEST(LayoutHelium, ScratchHoldsColumnsOfWholeVectors) {
  const LaidOut model = convolution();
  ASSERT_EQ(model.op().scratch.size(), 1U);
  EXPECT_EQ(model.params<packed::ConvParams>().scratch, model.op().scratch[0]);
  EXPECT_EQ(model.program.values[model.op().scratch[0]].bytes, 25U * 32);  // all 25 pixels fit in 2 KiB
}

TEST(LayoutHelium, ColumnsAreBlocksOfThreeWithinTwoKiBUnlessOneIsMore) {
  packed::ConvParams p{};
  p.output_shape = {1, 32, 32, 16};
  p.input_shape = {1, 32, 32, 16};
  p.kernel_h = p.kernel_w = 3;
  EXPECT_EQ(layout::convolution_steps(p), 9);
  EXPECT_EQ(layout::convolution_columns(p), 12);  // 12 * 144 = 1728
  p.input_shape.c = 200;
  EXPECT_EQ(layout::convolution_steps(p), 113);
  EXPECT_EQ(layout::convolution_columns(p), 3);
  p.output_shape = {1, 1, 2, 16};
  EXPECT_EQ(layout::convolution_columns(p), 2);
}

TEST(LayoutHelium, LeavesWhatRequantizationDoesNotCover) {
  const LaidOut model = convolution(-3, 0.0625F);  // a multiplier of 2: a shift to the left
  EXPECT_FALSE(model.any);
  EXPECT_EQ(model.op().kernel, packed::kPortableKernel);
  EXPECT_STREQ(model.op().kernel_name, "portable");
  EXPECT_NE(model.params<packed::ConvParams>().shifts, packed::kNone);
}

// [2, 16] * [3, 16]: two pixels of 16 channels, read where they lie.
TEST(LayoutHelium, FullyConnectedBecomesAConvolution) {
  TfliteBuilder builder;
  const int in = builder.input({2, 16}, kInputScale);
  const std::vector<std::int8_t> data(3 * 16, 7);
  const int weights = builder.constant({3, 16}, data, {kWeightScale});
  const int out = builder.tensor({2, 3}, kOutputScale);
  builder.add(OperatorCode::kFullyConnected, {in, weights}, {out});
  builder.output(out);
  const LaidOut model = lay_out_model(builder, packed::Core::kCortexM55);
  EXPECT_EQ(model.op().kind, packed::OperatorKind::kConv2d);
  EXPECT_EQ(model.op().kernel, layout::kConvolution);
  const auto& conv = model.params<packed::ConvParams>();
  EXPECT_EQ(conv.input_shape.w, 2);
  EXPECT_EQ(conv.output_shape.c, 3);
  EXPECT_EQ(conv.scratch, packed::kNone);
  EXPECT_TRUE(model.op().scratch.empty());
}

// A depthwise convolution of two channels over rows x 9; the weight of channel c at (y, x) is 50 * c + 8 * y + x + 1.
LaidOut depthwise(std::int32_t height, std::int32_t width, std::int32_t stride, std::int32_t rows = 4,
                  std::int32_t dilation = 1) {
  TfliteBuilder builder;
  const int in = builder.input({1, rows, 9, 2}, kInputScale, -3);
  std::vector<std::int8_t> data;
  for (std::int32_t y = 0; y < height; ++y) {
    for (std::int32_t x = 0; x < width; ++x) {
      for (std::int32_t c = 0; c < 2; ++c) data.push_back(static_cast<std::int8_t>(50 * c + 8 * y + x + 1));
    }
  }
  const int weights = builder.constant({1, height, width, 2}, data, {kWeightScale});
  const int bias = builder.constant({1000, 2000});
  const int out = builder.tensor({1, (rows + stride - 1) / stride, (9 + stride - 1) / stride, 2}, kOutputScale, 6);
  tflite::DepthwiseConv2DOptionsT options;
  options.stride_h = options.stride_w = stride;
  options.dilation_h = options.dilation_w = dilation;
  options.depth_multiplier = 1;
  builder.add(OperatorCode::kDepthwiseConv2d, {in, weights, bias}, {out}, options);
  builder.output(out);
  return lay_out_model(builder, packed::Core::kCortexM55);
}

struct DepthwiseRecord {
  layout::DepthwiseScale scale{};
  std::vector<std::int8_t> taps;
};

DepthwiseRecord record_of(const LaidOut& model, std::size_t channel) {
  const auto bytes = model.constants<std::int8_t>(model.params<packed::ConvParams>().weights);
  const std::size_t record_bytes = bytes.size() / 2;
  DepthwiseRecord record;
  std::memcpy(&record.scale, bytes.data() + channel * record_bytes, sizeof(record.scale));
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(channel * record_bytes);
  record.taps.assign(begin + sizeof(record.scale), begin + static_cast<std::ptrdiff_t>(record_bytes));
  return record;
}

TEST(LayoutHelium, DepthwiseTapsForTwoRowsHaveZerosAround) {
  const LaidOut model = depthwise(3, 3, 1);
  EXPECT_EQ(model.op().kind, packed::OperatorKind::kDepthwiseConv2d);
  EXPECT_EQ(model.op().kernel, layout::kDepthwise);
  EXPECT_STREQ(model.op().kernel_name, "helium depthwise 2x2");
  EXPECT_THAT(record_of(model, 0).taps, ElementsAre(0, 0, 0, 0, 0,                                        //
                                                    1, 9, 17, 0, 2, 10, 18, 0, 3, 11, 19, 0, 0, 0, 0, 0,  //
                                                    0, 0, 0));
  EXPECT_THAT(record_of(model, 1).taps, ElementsAre(0, 0, 0, 0, 0,                                            //
                                                    51, 59, 67, 0, 52, 60, 68, 0, 53, 61, 69, 0, 0, 0, 0, 0,  //
                                                    0, 0, 0));
  const layout::DepthwiseScale scale = record_of(model, 1).scale;
  EXPECT_EQ(scale.bias, 2000 + 3 * 540);
  EXPECT_EQ(scale.multiplier, 1 << 30);
  EXPECT_EQ(scale.rounding, 8 + 6 * 16);
  EXPECT_EQ(scale.left_shift, 20);
}

// 5x6: two rows of two patches.
TEST(LayoutHelium, DepthwiseTapsLieInPatches) {
  const LaidOut model = depthwise(5, 6, 1, 8);
  EXPECT_STREQ(model.op().kernel_name, "helium depthwise 1x4");
  EXPECT_THAT(record_of(model, 0).taps, ElementsAre(1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27, 4, 12, 20, 28,  //
                                                    5, 13, 21, 29, 6, 14, 22, 30, 0, 0, 0, 0, 0, 0, 0, 0,       //
                                                    33, 0, 0, 0, 34, 0, 0, 0, 35, 0, 0, 0, 36, 0, 0, 0,         //
                                                    37, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  // Two tiles: 9 outputs in 3 blocks of four, and 7 columns more, of 2 channels and four rows; 64 bytes; a row.
  EXPECT_EQ(model.program.values[model.op().scratch.at(0)].bytes, 2U * (12 + 7) * 8 + 64 + 18);
}

TEST(LayoutHelium, DepthwiseScratchHoldsATileAndARowOfZeros) {
  // 9 outputs in 5 blocks of two: 12 columns.
  const LaidOut two_rows = depthwise(3, 3, 1);
  EXPECT_EQ(two_rows.program.values[two_rows.op().scratch.at(0)].bytes, 12U * 8 + 64 + 18);
  // 5 outputs in 2 blocks of four, 2 columns apart: 14 and the last one's 4.
  const LaidOut one_row = depthwise(3, 3, 2);
  EXPECT_STREQ(one_row.op().kernel_name, "helium depthwise 1x4");
  EXPECT_EQ(one_row.program.values[one_row.op().scratch.at(0)].bytes, (14U + 4) * 8 + 64 + 18);
  // 12 outputs, the last one's 4 columns 2 apart.
  const LaidOut dilated = depthwise(3, 3, 1, 4, 2);
  EXPECT_STREQ(dilated.op().kernel_name, "helium depthwise 1x4");
  EXPECT_EQ(dilated.program.values[dilated.op().scratch.at(0)].bytes, (11U + 7) * 8 + 64 + 18);
}

// 1x9 over 1x512x24: whole, a tile would take 523 columns of 96 bytes. 3 KiB hold 32: the first block of four
// outputs needs 15 (three patches of four columns), and 16 of the other 17 are four blocks more.
TEST(LayoutHelium, DepthwiseCutsAWideImage) {
  packed::ConvParams wide{};
  wide.input_shape = wide.output_shape = {1, 1, 512, 24};
  wide.kernel_h = wide.stride_h = wide.stride_w = wide.dilation_h = wide.dilation_w = 1;
  wide.kernel_w = 9;
  EXPECT_EQ(layout::depthwise_tile_outputs(wide), 20);
  EXPECT_EQ(layout::depthwise_tile_columns(wide), 15 + 16);
  EXPECT_EQ(layout::depthwise_scratch_bytes(wide), 31 * 96 + 64 + 31 * 24);
  wide.input_shape.c = wide.output_shape.c = 512;  // one block at least
  EXPECT_EQ(layout::depthwise_tile_outputs(wide), 4);
  wide.input_shape.w = wide.output_shape.w = 2;  // no more than there are
  EXPECT_EQ(layout::depthwise_tile_outputs(wide), 4);
}

TEST(LayoutHelium, DepthwiseComputesOneRowWhereTwoDoNotFit) {
  EXPECT_STREQ(depthwise(4, 3, 1).op().kernel_name, "helium depthwise 1x4");
  EXPECT_STREQ(depthwise(3, 4, 1).op().kernel_name, "helium depthwise 1x4");
  EXPECT_STREQ(depthwise(3, 3, 1, 1).op().kernel_name, "helium depthwise 1x4");
  EXPECT_STREQ(depthwise(9, 5, 1).op().kernel_name, "portable");  // three rows of two patches
}

// One channel in, four out: nothing but a convolution.
TEST(LayoutHelium, DepthwiseOfOneChannelBecomesAConvolution) {
  TfliteBuilder builder;
  const int in = builder.input({1, 3, 3, 1}, kInputScale);
  const std::vector<std::int8_t> data = {1, 2, 3, 4, 5, 6, 7, 8};  // [tap][channel]
  const int weights = builder.constant({1, 1, 2, 4}, data, {kWeightScale});
  const int out = builder.tensor({1, 3, 3, 4}, kOutputScale);
  tflite::DepthwiseConv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  options.depth_multiplier = 4;
  builder.add(OperatorCode::kDepthwiseConv2d, {in, weights}, {out}, options);
  builder.output(out);
  const LaidOut model = lay_out_model(builder, packed::Core::kCortexM55);
  EXPECT_EQ(model.op().kind, packed::OperatorKind::kConv2d);
  EXPECT_EQ(model.op().kernel, layout::kConvolution);
  const auto blocks = model.constants<std::int8_t>(model.params<packed::ConvParams>().weights);
  ASSERT_EQ(blocks.size(), 64U);  // channels 0, 2, 1, 3
  EXPECT_THAT((std::vector<std::int8_t>{blocks[0], blocks[1], blocks[16], blocks[17], blocks[32], blocks[49]}),
              ElementsAre(1, 5, 3, 7, 2, 8));
}

LaidOut addition(float scale1, float scale2, std::vector<std::int32_t> shape2 = {1, 4, 4, 3},
                 OperatorCode code = OperatorCode::kAdd) {
  TfliteBuilder builder;
  const int in1 = builder.input({1, 4, 4, 3}, scale1, 1);
  const int in2 = builder.input(std::move(shape2), scale2, 2);
  const int out = builder.tensor({1, 4, 4, 3}, 1.0F);
  builder.add(code, {in1, in2}, {out});
  builder.output(out);
  return lay_out_model(builder, packed::Core::kCortexM55);
}

TEST(LayoutHelium, AdditionPutsTheHalvedOperandFirst) {
  const LaidOut kept = addition(0.5F, 0.3F);
  EXPECT_EQ(kept.op().kernel, layout::kAddition);
  EXPECT_EQ(kept.params<packed::BinaryParams>().input1_offset, -1);
  EXPECT_EQ(kept.params<packed::BinaryParams>().input1_multiplier, 1 << 30);
  const LaidOut swapped = addition(0.3F, 0.5F);
  const auto& add = swapped.params<packed::BinaryParams>();
  EXPECT_EQ(swapped.op().kernel, layout::kAddition);
  EXPECT_EQ(add.input1, swapped.program.inputs[1]);
  EXPECT_EQ(add.input2, swapped.program.inputs[0]);
  EXPECT_EQ(add.input1_offset, -2);
  EXPECT_EQ(add.input2_offset, -1);
  EXPECT_TRUE(layout::add_halves(add.input1_multiplier, add.input1_shift));
  EXPECT_EQ(add.input2_multiplier, 1288490240);  // 0.3 / (2 * 0.5) * 2 in Q31, of floats
  EXPECT_EQ(add.input2_shift, -1);
}

TEST(LayoutHelium, AdditionLeavesBroadcastingAndSubtraction) {
  EXPECT_FALSE(addition(0.5F, 0.3F, {1, 1, 1, 3}).any);
  EXPECT_FALSE(addition(0.5F, 0.3F, {1, 4, 4, 3}, OperatorCode::kSub).any);
}

}  // namespace
}  // namespace tinyrig::model
