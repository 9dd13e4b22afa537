// Operators that move or convert values: COPY, CONCATENATION, SPLIT, PAD, TRANSPOSE, STRIDED_SLICE, RESIZE,
// lookup tables, QUANTIZE, DEQUANTIZE.
#include <cmath>
#include <limits>

#include "tests/unit/engine/one_operator.h"

namespace tinyrig::test {
namespace {

using packed::ElementType;
using packed::OperatorKind;

void right_align(const Int32s& values, std::int32_t fill, std::int32_t (&out)[packed::kMaxRank]) {
  std::fill_n(out, packed::kMaxRank, fill);
  std::copy(values.begin(), values.end(), out + packed::kMaxRank - values.size());
}

TEST(Copy, MovesBytesAlsoWhenTheyOverlap) {
  OneOperator op;
  packed::CopyParams p = {};
  p.input = op.input({1, 2, 3, 4});
  p.output = op.output(4);
  p.bytes = 4;
  EXPECT_EQ(op.run(OperatorKind::kCopy, p), (Int8s{1, 2, 3, 4}));

  PackedImageBuilder builder;
  const packed::DataRef at = builder.arena(16);
  builder.add_input(at, 8);
  builder.add_output(at + 2, 8);
  builder.add_operator(OperatorKind::kCopy, packed::CopyParams{at, at + 2, 8}, at + 2, 8);
  const AlignedBytes image = builder.build();
  AlignedBytes arena(builder.arena_bytes());
  runtime::LoadReport report;
  ASSERT_EQ(runtime::load(image.span(), arena.span(), report), runtime::Error::kOk);
  for (int i = 0; i < 8; ++i) {
    runtime::input(0)[static_cast<std::size_t>(i)] = static_cast<std::byte>(i);
  }
  ASSERT_EQ(runtime::run(), runtime::Error::kOk);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(runtime::output(0)[static_cast<std::size_t>(i)], static_cast<std::byte>(i));
  }
}

TEST(Concatenation, JoinsRows) {
  OneOperator op;
  const packed::DataRef a = op.input({1, 2, 3, 4});
  const packed::DataRef b = op.input({5, 6});
  const packed::DataRef whole = op.output(6);
  EXPECT_EQ(op.run(OperatorKind::kConcatenation, packed::PartsParams{whole, 2, 2}, {a, b, 2, 1}),
            (Int8s{1, 2, 5, 3, 4, 6}));
}

TEST(Concatenation, TakesConstantParts) {
  OneOperator op;
  const packed::DataRef a = op.input({1, 2});
  const packed::DataRef constant = op.constants(Int8s{9, 8});
  const packed::DataRef whole = op.output(4);
  EXPECT_EQ(op.run(OperatorKind::kConcatenation, packed::PartsParams{whole, 1, 2}, {constant, a, 2, 2}),
            (Int8s{9, 8, 1, 2}));
}

TEST(Split, TakesRowsApart) {
  OneOperator op;
  const packed::DataRef whole = op.input({1, 2, 5, 3, 4, 6});
  const packed::DataRef a = op.output(4);
  const packed::DataRef b = op.output(2);
  const auto outputs = op.run_all(OperatorKind::kSplit, packed::PartsParams{whole, 2, 2}, {a, b, 2, 1});
  EXPECT_EQ(outputs, (std::vector<Int8s>{{1, 2, 3, 4}, {5, 6}}));
}

TEST(Pad, PutsABorderAround) {
  OneOperator op;
  packed::PadParams p = {};
  right_align({2, 2}, 1, p.input_dims);
  right_align({4, 5}, 1, p.output_dims);
  right_align({1, 2}, 0, p.before);
  p.value = -7;
  p.element_bytes = 1;
  p.input = op.input({1, 2, 3, 4});
  p.output = op.output(20);
  EXPECT_EQ(op.run(OperatorKind::kPad, p),
            (Int8s{-7, -7, -7, -7, -7, -7, -7, 1, 2, -7, -7, -7, 3, 4, -7, -7, -7, -7, -7, -7}));
}

TEST(Pad, RandomShapes) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    packed::PadParams p = {};
    std::size_t inputs = 1;
    std::size_t outputs = 1;
    for (int i = 0; i < packed::kMaxRank; ++i) {
      p.input_dims[i] = random.between(1, 3);
      p.before[i] = random.between(0, 1);
      p.output_dims[i] = p.input_dims[i] + p.before[i] + random.between(0, 1);
      inputs *= static_cast<std::size_t>(p.input_dims[i]);
      outputs *= static_cast<std::size_t>(p.output_dims[i]);
    }
    p.value = 42;
    p.element_bytes = 1;
    const Int8s input = random.int8s(inputs);
    Int8s expected(outputs, 42);
    for (std::size_t flat = 0; flat < inputs; ++flat) {
      std::size_t rest = flat;
      std::size_t at = 0;
      std::size_t stride = 1;
      for (int i = packed::kMaxRank - 1; i >= 0; --i) {
        at += (rest % static_cast<std::size_t>(p.input_dims[i]) + static_cast<std::size_t>(p.before[i])) * stride;
        rest /= static_cast<std::size_t>(p.input_dims[i]);
        stride *= static_cast<std::size_t>(p.output_dims[i]);
      }
      expected[at] = input[flat];
    }
    OneOperator op;
    p.input = op.input(input);
    p.output = op.output(outputs);
    ASSERT_EQ(op.run(OperatorKind::kPad, p), expected);
  }
}

TEST(Transpose, SwapsTwoDimensions) {
  OneOperator op;
  packed::GatherParams p = {};
  right_align({3, 2}, 1, p.dims);
  right_align({1, 3}, 0, p.strides);
  p.element_bytes = 1;
  p.input = op.input({1, 2, 3, 4, 5, 6});
  p.output = op.output(6);
  EXPECT_EQ(op.run(OperatorKind::kTranspose, p), (Int8s{1, 4, 2, 5, 3, 6}));
}

TEST(StridedSlice, GoesBackwardsToo) {
  OneOperator op;
  packed::GatherParams p = {};
  right_align({2, 3}, 1, p.dims);
  right_align({4, -1}, 0, p.strides);
  p.start = 3;
  p.element_bytes = 1;
  p.input = op.input({0, 1, 2, 3, 4, 5, 6, 7});
  p.output = op.output(6);
  EXPECT_EQ(op.run(OperatorKind::kStridedSlice, p), (Int8s{3, 2, 1, 7, 6, 5}));
}

TEST(StridedSlice, MovesFloats) {
  OneOperator op;
  packed::GatherParams p = {};
  right_align({2}, 1, p.dims);
  right_align({2}, 0, p.strides);
  p.start = 1;
  p.element_bytes = 4;
  p.input = op.input_floats({1.0F, 2.0F, 3.0F, 4.0F});
  p.output = op.output(2, ElementType::kFloat32);
  const Int8s bytes = op.run(OperatorKind::kStridedSlice, p);
  float values[2];
  std::memcpy(values, bytes.data(), sizeof(values));
  EXPECT_EQ(values[0], 2.0F);
  EXPECT_EQ(values[1], 4.0F);
}

Int8s resize_row(const Int8s& row, std::int32_t width, bool align_corners, bool half_pixel_centers) {
  OneOperator op;
  packed::ResizeParams p = {};
  p.input_shape = {1, 1, static_cast<std::int32_t>(row.size()), 1};
  p.output_shape = {1, 1, width, 1};
  p.align_corners = align_corners ? 1 : 0;
  p.half_pixel_centers = half_pixel_centers ? 1 : 0;
  p.input = op.input(row);
  p.output = op.output(static_cast<std::size_t>(width));
  return op.run(OperatorKind::kResizeNearestNeighbor, p);
}

TEST(ResizeNearestNeighbor, ByHand) {
  EXPECT_EQ(resize_row({1, 2}, 4, false, false), (Int8s{1, 1, 2, 2}));
  EXPECT_EQ(resize_row({1, 2, 3}, 2, false, false), (Int8s{1, 2}));       // 0, 1.5
  EXPECT_EQ(resize_row({1, 2, 3}, 2, false, true), (Int8s{1, 3}));        // 0.75, 2.25
  EXPECT_EQ(resize_row({1, 2, 3, 4}, 3, true, false), (Int8s{1, 3, 4}));  // 0, 1.5 -> 2, 3
  EXPECT_EQ(resize_row({1, 2, 3, 4}, 1, true, false), (Int8s{1}));
  EXPECT_EQ(resize_row({1, 2}, 3, true, true), (Int8s{1, 2, 2}));  // 0.25, 0.75, 1.25
}

TEST(ResizeNearestNeighbor, KeepsChannelsAndBatchesTogether) {
  OneOperator op;
  packed::ResizeParams p = {};
  p.input_shape = {2, 2, 1, 2};
  p.output_shape = {2, 4, 2, 2};
  p.input = op.input({1, 2, 3, 4, 5, 6, 7, 8});
  p.output = op.output(32);
  EXPECT_EQ(op.run(OperatorKind::kResizeNearestNeighbor, p),
            (Int8s{1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4, 5, 6, 5, 6, 5, 6, 5, 6, 7, 8, 7, 8, 7, 8, 7, 8}));
}

TEST(Lookup, IndexesByTheBitsOfInt8) {
  OneOperator op;
  Int8s table(256);
  for (int q = -128; q <= 127; ++q) {
    table[static_cast<std::uint8_t>(q)] = static_cast<std::int8_t>(-1 - q);
  }
  packed::LookupParams p = {};
  p.table = op.constants(table);
  p.input = op.input({-128, -1, 0, 1, 127});
  p.output = op.output(5);
  p.count = 5;
  EXPECT_EQ(op.run(OperatorKind::kLookup, p), (Int8s{127, 0, -1, -2, -128}));
}

TEST(Quantize, RoundsHalvesAwayAndSaturates) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  OneOperator op;
  packed::ConvertParams p = {};
  p.scale = 0.5F;
  p.zero_point = 3;
  // 0.49999997: adding a half would round it to 1.
  p.input = op.input_floats({0.0F, 0.25F, -0.25F, 0.24F, 1e30F, -1e30F, kInfinity, -kInfinity,
                             std::numeric_limits<float>::quiet_NaN(), 0.49999997F * 0.5F, 62.0F, 61.9F});
  p.output = op.output(12);
  p.count = 12;
  EXPECT_EQ(op.run(OperatorKind::kQuantize, p), (Int8s{3, 4, 2, 3, 127, -128, 127, -128, 3, 3, 127, 127}));
}

TEST(Dequantize, IsScaleTimesDistance) {
  OneOperator op;
  packed::ConvertParams p = {};
  p.scale = 0.25F;
  p.zero_point = -10;
  p.input = op.input({-10, -128, 127});
  p.output = op.output(3, ElementType::kFloat32);
  p.count = 3;
  const Int8s bytes = op.run(OperatorKind::kDequantize, p);
  float values[3];
  std::memcpy(values, bytes.data(), sizeof(values));
  EXPECT_EQ(values[0], 0.0F);
  EXPECT_EQ(values[1], -29.5F);
  EXPECT_EQ(values[2], 34.25F);
}

}  // namespace
}  // namespace tinyrig::test
