// Parameters of lowered operators, derived by hand.
#include "server/model/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "server/base/error.h"
#include "server/model/pack.h"
#include "server/model/parse_tflite.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::model {
namespace {

using test::TfliteBuilder;
using testing::ElementsAre;

struct Lowered {
  Graph graph;
  Program program;

  template <class Params>
  const Params& params(std::size_t op = 0) const {
    return std::get<Params>(program.operators[op].params);
  }
  std::vector<std::int32_t> constants(ValueId value) const {
    std::vector<std::int32_t> values(program.values[value].bytes / sizeof(std::int32_t));
    std::memcpy(values.data(), program.values[value].data.data(), values.size() * sizeof(std::int32_t));
    return values;
  }
};

absl::StatusOr<Lowered> try_lower(const TfliteBuilder& builder) {
  Lowered lowered;
  absl::StatusOr<Graph> graph = parse_tflite(builder.build());
  if (!graph.ok()) return graph.status();
  lowered.graph = std::move(graph).value();
  absl::StatusOr<Program> program = lower(lowered.graph);
  if (!program.ok()) return program.status();
  lowered.program = std::move(program).value();
  return lowered;
}

Lowered lower_model(const TfliteBuilder& builder) {
  absl::StatusOr<Lowered> lowered = try_lower(builder);
  EXPECT_TRUE(lowered.ok()) << lowered.status();
  return lowered.ok() ? std::move(lowered).value() : Lowered();
}

TEST(Lower, ConvolutionWithAScaleForEachChannel) {
  TfliteBuilder builder;
  const int in = builder.input({1, 5, 7, 1}, 0.5F, -3);
  const std::vector<std::int8_t> data(2 * 3 * 3, 1);
  const int weights = builder.constant({2, 3, 3, 1}, data, {0.25F, 0.5F});
  const int bias = builder.constant({10, -20});
  const int out = builder.tensor({1, 3, 4, 2}, 1.0F, 4);
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 2;
  options.activation = tflite::Activation::RELU6;
  builder.add(OperatorCode::kConv2d, {in, weights, bias}, {out}, options);
  builder.output(out);
  const Lowered lowered = lower_model(builder);
  const auto& p = lowered.params<packed::ConvParams>();
  EXPECT_EQ(p.input_offset, 3);
  EXPECT_EQ(p.output_offset, 4);
  EXPECT_EQ(p.pad_top, 1);   // (2 * 2 + 3 - 5) / 2
  EXPECT_EQ(p.pad_left, 1);  // (3 * 2 + 3 - 7) / 2
  EXPECT_EQ(p.activation_min, 4);
  EXPECT_EQ(p.activation_max, 10);
  // 0.5 * 0.25 / 1 = 2^-3 = 0.5 * 2^-2, and twice that.
  EXPECT_THAT(lowered.constants(p.multipliers), ElementsAre(1 << 30, 1 << 30));
  EXPECT_THAT(lowered.constants(p.shifts), ElementsAre(-2, -1));
  EXPECT_THAT(lowered.constants(p.bias), ElementsAre(10, -20));
  const LoweredOperator& op = lowered.program.operators[0];
  EXPECT_EQ(op.macs, 3U * 4 * 2 * 9);
  EXPECT_EQ(op.weight_bytes, 18U + 8);
  EXPECT_EQ(op.shape, "1x5x7x1 * 2x3x3x1 -> 1x3x4x2");
}

TEST(Lower, AddScalesBothInputsToTwiceTheLarger) {
  TfliteBuilder builder;
  const int a = builder.input({1, 4}, 0.5F, 1);
  const int b = builder.input({1, 4}, 0.25F, 2);
  const int out = builder.tensor({1, 4}, 0.5F, 3);
  builder.add(OperatorCode::kAdd, {a, b}, {out});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::BinaryParams>();
  EXPECT_EQ(p.left_shift, 20);
  EXPECT_EQ(p.input1_offset, -1);
  EXPECT_EQ(p.input2_offset, -2);
  EXPECT_EQ(p.output_offset, 3);
  EXPECT_EQ(p.input1_multiplier, 1 << 30);  // 0.5 / 1 = 2^-1
  EXPECT_EQ(p.input1_shift, 0);
  EXPECT_EQ(p.input2_multiplier, 1 << 30);  // 0.25 / 1 = 2^-2
  EXPECT_EQ(p.input2_shift, -1);
  EXPECT_EQ(p.output_multiplier, 1 << 30);  // 1 / (2^20 * 0.5) = 2^-19
  EXPECT_EQ(p.output_shift, -18);
}

// The ratio 0.03 / (2 * 0.07) of the float scales, taken in double; in float it would be 460175296.
TEST(Lower, SubTakesRatiosInDoubleAndNegatesTheSecond) {
  TfliteBuilder builder;
  const int a = builder.input({1, 4}, 0.07F, 0);
  const int b = builder.input({1, 4}, 0.03F, 0);
  const int out = builder.tensor({1, 4}, 0.1F, 0);
  builder.add(OperatorCode::kSub, {a, b}, {out});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::BinaryParams>();
  const double ratio = static_cast<double>(0.03F) / (2 * static_cast<double>(0.07F));
  EXPECT_EQ(p.input2_shift, -2);
  EXPECT_EQ(p.input2_multiplier, -static_cast<std::int32_t>(std::llround(ratio * 4 * 2147483648.0)));
  const float float_ratio = 0.03F / (2 * 0.07F);
  EXPECT_NE(p.input2_multiplier,
            -static_cast<std::int32_t>(std::llround(static_cast<double>(float_ratio) * 4 * 2147483648.0)));
}

TEST(Lower, BroadcastsByStrides) {
  TfliteBuilder builder;
  const int a = builder.input({2, 1, 3, 4});
  const int b = builder.input({5, 1, 4});
  const int out = builder.tensor({2, 5, 3, 4});
  builder.add(OperatorCode::kMul, {a, b}, {out});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::BinaryParams>();
  EXPECT_THAT(p.dims, ElementsAre(1, 1, 2, 5, 3, 4));
  EXPECT_THAT(p.strides1, ElementsAre(0, 0, 12, 0, 4, 1));
  EXPECT_THAT(p.strides2, ElementsAre(0, 0, 0, 4, 0, 1));
}

TEST(Lower, MeanFoldsTheCountIntoTheMultiplier) {
  TfliteBuilder builder;
  const int in = builder.input({1, 3, 2, 4}, 0.5F, 7);
  const int axes = builder.constant({1, -2});
  const int out = builder.tensor({1, 4}, 0.5F, -7);
  builder.add(OperatorCode::kMean, {in, axes}, {out});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::MeanParams>();
  EXPECT_EQ(p.count, 6);
  EXPECT_THAT(p.kept_dims, ElementsAre(1, 4, 1, 1, 1, 1));
  EXPECT_THAT(p.kept_strides, ElementsAre(24, 1, 0, 0, 0, 0));
  EXPECT_THAT(p.reduced_dims, ElementsAre(3, 2, 1, 1, 1, 1));
  EXPECT_THAT(p.reduced_strides, ElementsAre(8, 4, 0, 0, 0, 0));
  // 1 = 2^30 in Q31 with shift 1; two more bits (6 < 8): 2^32 / 6, shift -1.
  EXPECT_EQ(p.multiplier, 715827882);
  EXPECT_EQ(p.shift, -1);
}

TEST(Lower, StridedSliceWalksBackwards) {
  TfliteBuilder builder;
  const int in = builder.input({1, 6, 5});
  const int begin = builder.constant({0, -1, 4});
  const int end = builder.constant({1, 0, 0});
  const int step = builder.constant({1, -2, -3});
  const int out = builder.tensor({1, 3, 2});
  builder.add(OperatorCode::kStridedSlice, {in, begin, end, step}, {out}, tflite::StridedSliceOptionsT{});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::GatherParams>();
  EXPECT_EQ(p.start, 29);  // row 5, column 4
  EXPECT_THAT(p.dims, ElementsAre(1, 1, 1, 1, 3, 2));
  EXPECT_THAT(p.strides, ElementsAre(0, 0, 0, 0, -10, -3));
}

TEST(Lower, TransposeReadsByTheInputsStrides) {
  TfliteBuilder builder;
  const int in = builder.input({2, 3, 4});
  const int order = builder.constant({2, 0, 1});
  const int out = builder.tensor({4, 2, 3});
  builder.add(OperatorCode::kTranspose, {in, order}, {out});
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<packed::GatherParams>();
  EXPECT_THAT(p.dims, ElementsAre(1, 1, 1, 4, 2, 3));
  EXPECT_THAT(p.strides, ElementsAre(0, 0, 0, 1, 12, 4));
}

TEST(Lower, ConcatenationCountsBytesOfEachRow) {
  TfliteBuilder builder;
  const int a = builder.input({2, 3, 4});
  const int b = builder.input({2, 1, 4});
  const int out = builder.tensor({2, 4, 4});
  tflite::ConcatenationOptionsT options;
  options.axis = -2;
  builder.add(OperatorCode::kConcatenation, {a, b}, {out}, options);
  builder.output(out);
  const auto lowered = lower_model(builder);
  const auto& p = lowered.params<PartsOperands>();
  EXPECT_EQ(p.head.outer, 2U);
  EXPECT_EQ(p.head.count, 2U);
  EXPECT_THAT(p.part_bytes, ElementsAre(12U, 4U));
}

TEST(Lower, NamesOperatorAndTensorInErrors) {
  TfliteBuilder builder;
  const int in = builder.input({1, 4});
  const int other = builder.input({1, 4}, 0.1F);
  const int out = builder.tensor({1, 8});
  tflite::ConcatenationOptionsT options;
  options.axis = 1;
  builder.add(OperatorCode::kConcatenation, {in, other}, {out}, options);
  builder.output(out);
  const auto lowered = try_lower(builder);
  ASSERT_FALSE(lowered.ok());
  EXPECT_EQ(reason_of(lowered.status()), "MODEL_UNSUPPORTED");
  EXPECT_THAT(std::string(lowered.status().message()),
              testing::AllOf(testing::HasSubstr("operator 0 (CONCATENATION)"), testing::HasSubstr("tensor 1 \"t1\"")));
}

// Two convolutions whose weights are computed: both are named, not the first alone.
TEST(Lower, NamesEveryOperatorThatIsNotSupported) {
  TfliteBuilder builder;
  const int in = builder.input({1, 4, 4, 1});
  const int weights = builder.input({1, 1, 1, 1});
  const int middle = builder.tensor({1, 4, 4, 1});
  const int out = builder.tensor({1, 4, 4, 1});
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  builder.add(OperatorCode::kConv2d, {in, weights}, {middle}, options);
  builder.add(OperatorCode::kConv2d, {middle, weights}, {out}, options);
  builder.output(out);
  const auto lowered = try_lower(builder);
  EXPECT_EQ(reason_of(lowered.status()), "MODEL_UNSUPPORTED");
  EXPECT_THAT(std::string(lowered.status().message()), testing::AllOf(testing::StartsWith("operator 0 (CONV_2D)"),
                                                                      testing::HasSubstr("; operator 1 (CONV_2D)")));
}

// Twelve operators that the engine does not have: eight are named, the rest counted.
TEST(Lower, NamesUnknownOperatorsUpToALimit) {
  constexpr auto kSin = static_cast<OperatorCode>(66);
  TfliteBuilder builder;
  int last = builder.input({1, 4});
  for (int i = 0; i < 12; ++i) {
    const int next = builder.tensor({1, 4});
    builder.add(kSin, {last}, {next});
    last = next;
  }
  builder.output(last);
  const absl::Status refused = pack_tflite(builder.build(), packed::Core::kPortable).status();
  EXPECT_EQ(reason_of(refused), "MODEL_UNKNOWN_OPERATOR");
  const std::string message(refused.message());
  EXPECT_THAT(message, testing::StartsWith("operator 0 is SIN, which the engine does not have; operator 1 is SIN"));
  EXPECT_THAT(message, testing::HasSubstr("operator 7 is SIN, which the engine does not have; and 4 more operators"));
  EXPECT_FALSE(hint_of(refused).empty());
}

}  // namespace
}  // namespace tinyrig::model
