// What each kernel's check refuses. A valid operator is damaged in one field at a time.
#include <functional>

#include "tests/unit/engine/one_operator.h"

namespace tinyrig::test {
namespace {

using packed::OperatorKind;
using runtime::Error;

template <typename Params>
struct Damage {
  const char* what;
  std::function<void(Params&)> apply;
};

// Loads `make(op)` undamaged (must be kOk), then with each damage (must be kBadModel).
template <typename Params>
void expect_refused(OperatorKind kind, const std::function<Params(OneOperator&)>& make,
                    const std::vector<Damage<Params>>& damages) {
  {
    OneOperator op;
    const Params params = make(op);
    ASSERT_EQ(op.load(kind, params), Error::kOk);
  }
  for (const Damage<Params>& damage : damages) {
    OneOperator op;
    Params params = make(op);
    damage.apply(params);
    EXPECT_EQ(op.load(kind, params), Error::kBadModel) << damage.what;
  }
}

// 4 x 4 x 2 -> 4 x 4 x 2, kernel 3 x 3, same padding. Fits each of the three kinds.
packed::ConvParams convolution(OneOperator& op, std::size_t weights, std::int32_t multiplier = 1 << 30,
                               std::int32_t shift = 0) {
  packed::ConvParams p = {};
  p.input = op.input(Int8s(32));
  p.output = op.output(32);
  p.weights = op.constants(Int8s(weights));
  p.bias = op.constants(Int32s(2));
  p.multipliers = op.constants(Int32s{1 << 30, multiplier});
  p.shifts = op.constants(Int32s{0, shift});
  p.scratch = packed::kNone;
  p.input_shape = p.output_shape = {1, 4, 4, 2};
  p.kernel_h = p.kernel_w = 3;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = 1;
  p.depth_multiplier = 1;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

std::vector<Damage<packed::ConvParams>> convolution_damages() {
  using P = packed::ConvParams;
  return {
      {"input", [](P& p) { p.input = 64 + 32 + 1; }},
      {"output", [](P& p) { p.output += 1; }},
      {"output in the image", [](P& p) { p.output = p.weights; }},
      {"bias misaligned", [](P& p) { p.bias += 4; }},
      {"multipliers in the arena", [](P& p) { p.multipliers = p.input; }},
      {"shifts beyond", [](P& p) { p.shifts = packed::kInImage | 0x7FFFFFF0U; }},
      {"no weights", [](P& p) { p.weights = packed::kNone; }},
      {"batch", [](P& p) { p.input_shape.n = 2; }},
      {"negative height", [](P& p) { p.input_shape.h = -4; }},
      {"zero width", [](P& p) { p.output_shape.w = 0; }},
      {"wider than the arena", [](P& p) { p.output_shape.w = 5; }},
      {"channels", [](P& p) { p.output_shape.c = 3; }},
      {"shape that wraps",
       [](P& p) {
         p.input_shape = {1 << 16, 1 << 15, 2, 1 << 15};
       }},
      {"kernel", [](P& p) { p.kernel_h = 0; }},
      {"huge kernel", [](P& p) { p.kernel_w = 1 << 20; }},
      {"stride", [](P& p) { p.stride_w = 0; }},
      {"negative stride", [](P& p) { p.stride_h = -1; }},
      {"dilation", [](P& p) { p.dilation_h = 0; }},
      {"padding", [](P& p) { p.pad_left = -1; }},
      {"huge padding", [](P& p) { p.pad_top = 1 << 16; }},
      {"input offset", [](P& p) { p.input_offset = 129; }},
      {"output offset", [](P& p) { p.output_offset = -129; }},
      {"activation order", [](P& p) { p.activation_min = 100, p.activation_max = 99; }},
      {"activation range", [](P& p) { p.activation_max = 128; }},
  };
}

TEST(Check, Conv2d) {
  auto damages = convolution_damages();
  damages.push_back({"kernel larger than the weights", [](auto& p) { p.kernel_h = 100; }});
  expect_refused<packed::ConvParams>(
      OperatorKind::kConv2d, [](OneOperator& op) { return convolution(op, 36); }, damages);
}

TEST(Check, DepthwiseConv2d) {
  auto damages = convolution_damages();
  damages.push_back({"depth multiplier", [](auto& p) { p.depth_multiplier = 2; }});
  damages.push_back({"no depth multiplier", [](auto& p) { p.depth_multiplier = 0; }});
  damages.push_back({"depth multiplier that wraps", [](auto& p) { p.depth_multiplier = 0x40000001; }});
  expect_refused<packed::ConvParams>(
      OperatorKind::kDepthwiseConv2d, [](OneOperator& op) { return convolution(op, 18); }, damages);
}

TEST(Check, TransposeConv) {
  auto damages = convolution_damages();
  damages.push_back({"dilated", [](auto& p) { p.dilation_w = 2; }});
  expect_refused<packed::ConvParams>(
      OperatorKind::kTransposeConv, [](OneOperator& op) { return convolution(op, 36); }, damages);
}

TEST(Check, PerChannelConstants) {
  struct {
    std::int32_t multiplier, shift;
    Error error;
  } const cases[] = {{-1, 0, Error::kBadModel}, {1 << 30, 31, Error::kBadModel}, {1 << 30, -32, Error::kBadModel},
                     {0, 0, Error::kOk},        {1 << 30, 30, Error::kOk},       {1 << 30, -31, Error::kOk}};
  for (const auto& c : cases) {
    OneOperator op;
    const packed::ConvParams p = convolution(op, 36, c.multiplier, c.shift);
    EXPECT_EQ(op.load(OperatorKind::kConv2d, p), c.error) << c.multiplier << ' ' << c.shift;
  }
}

TEST(Check, FullyConnected) {
  using P = packed::FullyConnectedParams;
  expect_refused<P>(OperatorKind::kFullyConnected,
                    [](OneOperator& op) {
                      P p = {};
                      p.input = op.input(Int8s(16));
                      p.output = op.output(4);
                      p.weights = op.constants(Int8s(64));
                      p.bias = op.constants(Int32s(4));
                      p.multipliers = op.constants(Int32s(4, 1 << 30));
                      p.shifts = op.constants(Int32s(4));
                      p.batches = 1;
                      p.inputs = 16;
                      p.outputs = 4;
                      p.per_channel = 1;
                      p.activation_min = -128;
                      p.activation_max = 127;
                      return p;
                    },
                    {
                        {"batches", [](P& p) { p.batches = 3; }},
                        {"negative batches", [](P& p) { p.batches = -1; }},
                        {"inputs", [](P& p) { p.inputs = 1 << 20; }},
                        {"outputs", [](P& p) { p.outputs = 1 << 20; }},
                        {"product that wraps", [](P& p) { p.inputs = p.outputs = 1 << 16; }},
                        {"per channel", [](P& p) { p.per_channel = 2; }},
                        {"weights offset", [](P& p) { p.weights_offset = 1000; }},
                        {"bias", [](P& p) { p.bias = packed::kInImage | 0x7FFFFFF0U; }},
                    });
}

TEST(Check, Pool) {
  using P = packed::PoolParams;
  for (const auto kind : {OperatorKind::kAveragePool2d, OperatorKind::kMaxPool2d}) {
    expect_refused<P>(kind,
                      [](OneOperator& op) {
                        P p = {};
                        p.input = op.input(Int8s(32));
                        p.output = op.output(8);
                        p.input_shape = {1, 4, 4, 2};
                        p.output_shape = {1, 2, 2, 2};
                        p.filter_h = p.filter_w = p.stride_h = p.stride_w = 2;
                        p.activation_min = -128;
                        p.activation_max = 127;
                        return p;
                      },
                      {
                          {"an empty window at the start", [](P& p) { p.pad_top = 2; }},
                          {"an empty window at the end", [](P& p) { p.stride_w = 4; }},
                          {"filter", [](P& p) { p.filter_w = 0; }},
                          {"huge filter", [](P& p) { p.filter_h = 0x7FFFFFFF; }},
                          {"huge stride", [](P& p) { p.stride_h = 0x7FFFFFFF; }},
                          {"channels", [](P& p) { p.input_shape.c = 1; }},
                          {"input", [](P& p) { p.input_shape.h = 1000; }},
                          {"activation", [](P& p) { p.activation_min = -129; }},
                      });
  }
}

std::function<packed::BinaryParams(OneOperator&)> binary() {
  return [](OneOperator& op) {
    packed::BinaryParams p = {};
    p.input1 = op.input(Int8s(16));
    p.input2 = op.input(Int8s(16));
    p.output = op.output(16);
    std::fill_n(p.dims, packed::kMaxRank, 1);
    p.dims[4] = p.dims[5] = 4;
    p.strides1[4] = p.strides2[4] = 4;
    p.strides1[5] = p.strides2[5] = 1;
    p.left_shift = 20;
    p.input1_multiplier = p.input2_multiplier = p.output_multiplier = 1 << 30;
    p.output_shift = -18;
    p.activation_min = -128;
    p.activation_max = 127;
    return p;
  };
}

std::vector<Damage<packed::BinaryParams>> binary_damages() {
  using P = packed::BinaryParams;
  return {
      {"dimension", [](P& p) { p.dims[0] = 0; }},
      {"too many elements", [](P& p) { p.dims[0] = 2; }},
      {"stride beyond input 1", [](P& p) { p.strides1[4] = 16; }},
      {"stride beyond input 2", [](P& p) { p.strides2[5] = 0x7FFFFFFF; }},
      {"negative stride", [](P& p) { p.strides1[4] = -4; }},
      {"input offset", [](P& p) { p.input2_offset = -128; }},
      {"output multiplier", [](P& p) { p.output_multiplier = -1; }},
      {"output shift", [](P& p) { p.output_shift = 31; }},
  };
}

TEST(Check, Add) {
  using P = packed::BinaryParams;
  auto damages = binary_damages();
  damages.push_back({"left shift", [](P& p) { p.left_shift = 23; }});
  damages.push_back({"input 1 multiplier", [](P& p) { p.input1_multiplier = -1; }});
  damages.push_back(
      {"input 2 multiplier", [](P& p) { p.input2_multiplier = std::numeric_limits<std::int32_t>::min(); }});
  damages.push_back({"input 1 shift", [](P& p) { p.input1_shift = 1; }});
  damages.push_back({"output shift to the left", [](P& p) { p.output_shift = 1; }});
  expect_refused<P>(OperatorKind::kAdd, binary(), damages);
}

TEST(Check, Mul) { expect_refused<packed::BinaryParams>(OperatorKind::kMul, binary(), binary_damages()); }

TEST(Check, Parts) {
  struct Parts {
    std::uint32_t outer, count;
    std::vector<std::uint32_t> sizes;
    bool drop_a_word;
    Error error;
  };
  const Parts cases[] = {
      {4, 2, {2, 2}, false, Error::kOk},
      {0, 2, {2, 2}, false, Error::kBadModel},  // no rows
      {4, 0, {}, false, Error::kBadModel},      // no parts
      {4, 2, {2, 3}, false, Error::kBadModel},  // more than the whole
      {4, 2, {2, 0}, false, Error::kBadModel},  // an empty part
      {4, 2, {5, 1}, false, Error::kBadModel},  // more than the part
      {4, 2, {2, 2}, true, Error::kBadModel},   // a word is missing
      {4, 2, {0x80000000U, 0x80000000U}, false, Error::kBadModel},
      {0x80000000U, 2, {2, 2}, false, Error::kBadModel},
  };
  for (const auto kind : {OperatorKind::kConcatenation, OperatorKind::kSplit}) {
    for (const Parts& c : cases) {
      OneOperator op;
      std::vector<std::uint32_t> words;
      const packed::DataRef a = op.input(Int8s(16));
      const packed::DataRef b = op.output(16);
      for (std::uint32_t i = 0; i < c.count; ++i) {
        words.push_back(kind == OperatorKind::kSplit ? b + 8 * i : a + 8 * i);
      }
      words.insert(words.end(), c.sizes.begin(), c.sizes.end());
      if (c.drop_a_word) {
        words.pop_back();
      }
      const packed::DataRef whole = kind == OperatorKind::kSplit ? a : b;
      EXPECT_EQ(op.load(kind, packed::PartsParams{whole, c.outer, c.count}, words), c.error)
          << static_cast<int>(kind) << " case " << &c - cases;
    }
  }
}

TEST(Check, Pad) {
  using P = packed::PadParams;
  expect_refused<P>(OperatorKind::kPad,
                    [](OneOperator& op) {
                      P p = {};
                      p.input = op.input(Int8s(12));
                      p.output = op.output(16);
                      std::fill_n(p.input_dims, packed::kMaxRank, 1);
                      std::fill_n(p.output_dims, packed::kMaxRank, 1);
                      p.input_dims[5] = 12;
                      p.output_dims[5] = 16;
                      p.before[5] = 4;
                      p.element_bytes = 1;
                      return p;
                    },
                    {
                        {"before", [](P& p) { p.before[5] = 5; }},
                        {"negative before", [](P& p) { p.before[5] = -1; }},
                        {"input larger than output", [](P& p) { p.input_dims[5] = 17; }},
                        {"output beyond the arena", [](P& p) { p.output_dims[0] = 2; }},
                        {"zero", [](P& p) { p.input_dims[2] = 0; }},
                        {"value", [](P& p) { p.value = 300; }},
                        {"element", [](P& p) { p.element_bytes = 4; }},
                    });
}

TEST(Check, Gather) {
  using P = packed::GatherParams;
  for (const auto kind : {OperatorKind::kTranspose, OperatorKind::kStridedSlice}) {
    expect_refused<P>(kind,
                      [](OneOperator& op) {
                        P p = {};
                        p.output = op.output(16);
                        p.input = op.input(Int8s(16));  // last in the arena
                        std::fill_n(p.dims, packed::kMaxRank, 1);
                        p.dims[5] = 16;
                        p.strides[5] = -1;
                        p.start = 15;
                        p.element_bytes = 1;
                        return p;
                      },
                      {
                          {"before the input", [](P& p) { p.start = 14; }},
                          {"negative start", [](P& p) { p.start = -1; }},
                          {"after the input", [](P& p) { p.start = 16; }},
                          {"stride", [](P& p) { p.strides[5] = std::numeric_limits<std::int32_t>::min(); }},
                          {"elements", [](P& p) { p.dims[0] = 3; }},
                          {"element of three bytes", [](P& p) { p.element_bytes = 3; }},
                          {"wider elements", [](P& p) { p.element_bytes = 4; }},
                      });
  }
}

TEST(Check, Mean) {
  using P = packed::MeanParams;
  expect_refused<P>(OperatorKind::kMean,
                    [](OneOperator& op) {
                      P p = {};
                      p.output = op.output(4);
                      p.input = op.input(Int8s(16));
                      std::fill_n(p.kept_dims, packed::kMaxRank, 1);
                      std::fill_n(p.reduced_dims, packed::kMaxRank, 1);
                      p.kept_dims[0] = p.reduced_dims[0] = 4;
                      p.kept_strides[0] = 1;
                      p.reduced_strides[0] = 4;
                      p.count = 4;
                      p.multiplier = 1 << 30;
                      return p;
                    },
                    {
                        {"count", [](P& p) { p.count = 3; }},
                        {"kept beyond", [](P& p) { p.kept_strides[0] = 2; }},
                        {"reduced beyond", [](P& p) { p.reduced_strides[0] = 5; }},
                        {"negative", [](P& p) { p.kept_strides[0] = -1; }},
                        {"output beyond", [](P& p) { p.kept_dims[1] = 100; }},
                        {"zero point", [](P& p) { p.input_zero_point = 128; }},
                        {"multiplier", [](P& p) { p.multiplier = -1; }},
                        {"shift", [](P& p) { p.shift = -32; }},
                    });
}

TEST(Check, Softmax) {
  using P = packed::SoftmaxParams;
  expect_refused<P>(OperatorKind::kSoftmax,
                    [](OneOperator& op) {
                      P p = {};
                      p.input = op.input(Int8s(16));
                      p.output = op.output(16);
                      p.rows = 2;
                      p.depth = 8;
                      p.input_multiplier = 1 << 30;
                      p.input_left_shift = 23;
                      p.diff_min = -(31 << 3);
                      return p;
                    },
                    {
                        {"rows", [](P& p) { p.rows = 3; }},
                        {"no depth", [](P& p) { p.depth = 0; }},
                        {"multiplier", [](P& p) { p.input_multiplier = -1; }},
                        {"left shift", [](P& p) { p.input_left_shift = 32; }},
                        {"differences that leave Q5.26", [](P& p) { p.diff_min -= 1; }},
                        {"the maximum left out", [](P& p) { p.diff_min = 1; }},
                    });
}

TEST(Check, Convert) {
  using P = packed::ConvertParams;
  expect_refused<P>(OperatorKind::kQuantize,
                    [](OneOperator& op) {
                      P p = {};
                      p.output = op.output(4);
                      p.input = op.input_floats(std::vector<float>(4));
                      p.count = 4;
                      p.scale = 0.5F;
                      return p;
                    },
                    {
                        {"input beyond", [](P& p) { p.count = 5; }},
                        {"input misaligned", [](P& p) { p.input -= 2; }},
                        {"no scale", [](P& p) { p.scale = 0; }},
                        {"negative scale", [](P& p) { p.scale = -1; }},
                        {"scale is not a number", [](P& p) { p.scale = std::numeric_limits<float>::quiet_NaN(); }},
                        {"infinite scale", [](P& p) { p.scale = std::numeric_limits<float>::infinity(); }},
                        {"zero point", [](P& p) { p.zero_point = -129; }},
                        {"nothing", [](P& p) { p.count = 0; }},
                    });
}

TEST(Check, Resize) {
  using P = packed::ResizeParams;
  expect_refused<P>(OperatorKind::kResizeNearestNeighbor,
                    [](OneOperator& op) {
                      P p = {};
                      p.input = op.input(Int8s(16));
                      p.output = op.output(64);
                      p.input_shape = {1, 4, 4, 1};
                      p.output_shape = {1, 8, 8, 1};
                      return p;
                    },
                    {
                        {"channels", [](P& p) { p.input_shape.c = 2; }},
                        {"batches", [](P& p) { p.output_shape.n = 2; }},
                        {"input beyond", [](P& p) { p.input_shape.h = 400; }},
                        {"output beyond", [](P& p) { p.output_shape.w = 9; }},
                        {"extent", [](P& p) { p.input_shape.w = 32768; }},
                        {"flag", [](P& p) { p.align_corners = 2; }},
                    });
}

}  // namespace
}  // namespace tinyrig::test
