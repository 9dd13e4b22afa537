// CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV: a case by hand each, then random shapes against plain sums.
#include "tests/unit/engine/one_operator.h"
#include "tests/unit/engine/requantize_oracle.h"

namespace tinyrig::test {
namespace {

using packed::ConvParams;
using packed::OperatorKind;

// Real sums of one output value, before bias; what the three kinds differ in.
struct Case {
  ConvParams p = {};
  Int8s input, weights;
  Int32s bias, multipliers, shifts;

  std::size_t in_at(int n, int y, int x, int c) const {
    return static_cast<std::size_t>(((n * p.input_shape.h + y) * p.input_shape.w + x) * p.input_shape.c + c);
  }
  bool inside(int y, int x) const { return y >= 0 && x >= 0 && y < p.input_shape.h && x < p.input_shape.w; }
  std::int64_t value(int n, int y, int x, int c) const { return input[in_at(n, y, x, c)] + p.input_offset; }
};

std::int64_t conv_sum(const Case& t, int n, int oy, int ox, int oc) {
  std::int64_t sum = 0;
  for (int ky = 0; ky < t.p.kernel_h; ++ky) {
    for (int kx = 0; kx < t.p.kernel_w; ++kx) {
      const int y = oy * t.p.stride_h - t.p.pad_top + ky * t.p.dilation_h;
      const int x = ox * t.p.stride_w - t.p.pad_left + kx * t.p.dilation_w;
      for (int c = 0; c < t.p.input_shape.c && t.inside(y, x); ++c) {
        const int w = ((oc * t.p.kernel_h + ky) * t.p.kernel_w + kx) * t.p.input_shape.c + c;
        sum += t.value(n, y, x, c) * t.weights[static_cast<std::size_t>(w)];
      }
    }
  }
  return sum;
}

std::int64_t depthwise_sum(const Case& t, int n, int oy, int ox, int oc) {
  std::int64_t sum = 0;
  for (int ky = 0; ky < t.p.kernel_h; ++ky) {
    for (int kx = 0; kx < t.p.kernel_w; ++kx) {
      const int y = oy * t.p.stride_h - t.p.pad_top + ky * t.p.dilation_h;
      const int x = ox * t.p.stride_w - t.p.pad_left + kx * t.p.dilation_w;
      if (t.inside(y, x)) {
        const int w = (ky * t.p.kernel_w + kx) * t.p.output_shape.c + oc;
        sum += t.value(n, y, x, oc / t.p.depth_multiplier) * t.weights[static_cast<std::size_t>(w)];
      }
    }
  }
  return sum;
}

// By scattering, as TensorFlow does: every input pixel and tap that lands on this output.
std::int64_t transpose_sum(const Case& t, int n, int oy, int ox, int oc) {
  std::int64_t sum = 0;
  for (int y = 0; y < t.p.input_shape.h; ++y) {
    for (int x = 0; x < t.p.input_shape.w; ++x) {
      for (int ky = 0; ky < t.p.kernel_h; ++ky) {
        for (int kx = 0; kx < t.p.kernel_w; ++kx) {
          if (y * t.p.stride_h - t.p.pad_top + ky != oy || x * t.p.stride_w - t.p.pad_left + kx != ox) {
            continue;
          }
          for (int c = 0; c < t.p.input_shape.c; ++c) {
            const int w = ((oc * t.p.kernel_h + ky) * t.p.kernel_w + kx) * t.p.input_shape.c + c;
            sum += t.value(n, y, x, c) * t.weights[static_cast<std::size_t>(w)];
          }
        }
      }
    }
  }
  return sum;
}

Int8s expected_of(const Case& t, std::int64_t (*sum_of)(const Case&, int, int, int, int)) {
  Int8s expected;
  const auto& shape = t.p.output_shape;
  for (int n = 0; n < shape.n; ++n) {
    for (int y = 0; y < shape.h; ++y) {
      for (int x = 0; x < shape.w; ++x) {
        for (int c = 0; c < shape.c; ++c) {
          const auto i = static_cast<std::size_t>(c);
          const std::int64_t sum = sum_of(t, n, y, x, c) + (t.bias.empty() ? 0 : t.bias[i]);
          expected.push_back(oracle_requantize(sum, t.multipliers[i], t.shifts[i], t.p.output_offset,
                                               t.p.activation_min, t.p.activation_max));
        }
      }
    }
  }
  return expected;
}

Int8s run_case(OperatorKind kind, const Case& t) {
  OneOperator op;
  ConvParams p = t.p;
  p.input = op.input(t.input);
  p.output =
      op.output(static_cast<std::size_t>(p.output_shape.n * p.output_shape.h * p.output_shape.w * p.output_shape.c));
  p.weights = op.constants(t.weights);
  p.bias = t.bias.empty() ? packed::kNone : op.constants(t.bias);
  p.multipliers = op.constants(t.multipliers);
  p.shifts = op.constants(t.shifts);
  p.scratch = packed::kNone;
  return op.run(kind, p);
}

// 2 x 2 image of one channel, 1 x 1 kernel of weight 2, scale one half: the input moved by its zero point.
TEST(Conv2d, ByHand) {
  Case t;
  t.p.input_shape = t.p.output_shape = {1, 2, 2, 1};
  t.p.kernel_h = t.p.kernel_w = t.p.stride_h = t.p.stride_w = t.p.dilation_h = t.p.dilation_w = 1;
  t.p.input_offset = 3;  // zero point -3
  t.p.output_offset = -5;
  t.p.activation_min = -128;
  t.p.activation_max = 20;
  t.input = {0, 10, -128, 127};
  t.weights = {2};
  t.bias = {4};
  t.multipliers = {1 << 30};
  t.shifts = {0};
  // (2 * (q + 3) + 4) / 2 - 5 = q: 0, 10, -128, and 127 clamped to 20.
  EXPECT_EQ(run_case(OperatorKind::kConv2d, t), (Int8s{0, 10, -128, 20}));
}

// The same padding for a 3 x 3 kernel of ones: corners see four pixels; padding adds nothing, whatever the
// zero point.
TEST(Conv2d, PaddingIsZeroInRealNumbers) {
  Case t;
  t.p.input_shape = t.p.output_shape = {1, 3, 3, 1};
  t.p.kernel_h = t.p.kernel_w = 3;
  t.p.stride_h = t.p.stride_w = t.p.dilation_h = t.p.dilation_w = 1;
  t.p.pad_top = t.p.pad_left = 1;
  t.p.input_offset = 100;
  t.p.activation_min = -128;
  t.p.activation_max = 127;
  t.input = Int8s(9, -99);  // each stands for 1
  t.weights = Int8s(9, 1);
  t.multipliers = {1 << 30};
  t.shifts = {1};
  EXPECT_EQ(run_case(OperatorKind::kConv2d, t), (Int8s{4, 6, 4, 6, 9, 6, 4, 6, 4}));
}

// Two channels of one pixel, depth multiplier 2: channel c / 2 times its own weight.
TEST(DepthwiseConv2d, ByHand) {
  Case t;
  t.p.input_shape = {1, 1, 1, 2};
  t.p.output_shape = {1, 1, 1, 4};
  t.p.kernel_h = t.p.kernel_w = t.p.stride_h = t.p.stride_w = t.p.dilation_h = t.p.dilation_w = 1;
  t.p.depth_multiplier = 2;
  t.p.activation_min = -128;
  t.p.activation_max = 127;
  t.input = {10, -20};
  t.weights = {1, 2, 3, -4};
  t.bias = {0, 0, 0, 1};
  t.multipliers = {1 << 30, 1 << 30, 1 << 30, 1 << 30};
  t.shifts = {1, 1, 1, 1};
  EXPECT_EQ(run_case(OperatorKind::kDepthwiseConv2d, t), (Int8s{10, 20, -60, 81}));
}

// One row of two pixels, kernel [1 2 3], stride 2: 1a 2a 3a+1b 2b 3b.
TEST(TransposeConv, ByHand) {
  Case t;
  t.p.input_shape = {1, 1, 2, 1};
  t.p.output_shape = {1, 1, 5, 1};
  t.p.kernel_h = 1;
  t.p.kernel_w = 3;
  t.p.stride_h = 1;
  t.p.stride_w = 2;
  t.p.dilation_h = t.p.dilation_w = 1;
  t.p.activation_min = -128;
  t.p.activation_max = 127;
  t.input = {5, 7};
  t.weights = {1, 2, 3};
  t.multipliers = {1 << 30};
  t.shifts = {1};
  EXPECT_EQ(run_case(OperatorKind::kTransposeConv, t), (Int8s{5, 10, 22, 14, 21}));
}

Case random_case(OperatorKind kind, Random& random) {
  Case t;
  ConvParams& p = t.p;
  const bool transposed = kind == OperatorKind::kTransposeConv;
  const bool depthwise = kind == OperatorKind::kDepthwiseConv2d;
  p.input_shape = {random.between(1, 2), random.between(1, 9), random.between(1, 9), random.between(1, 7)};
  p.kernel_h = random.between(1, 4);
  p.kernel_w = random.between(1, 5);
  p.stride_h = random.between(1, 3);
  p.stride_w = random.between(1, 3);
  p.dilation_h = transposed ? 1 : random.between(1, 3);
  p.dilation_w = transposed ? 1 : random.between(1, 3);
  p.pad_top = random.between(0, 4);
  p.pad_left = random.between(0, 4);
  p.depth_multiplier = depthwise ? random.between(1, 3) : 0;
  const int out_c = depthwise ? p.input_shape.c * p.depth_multiplier : random.between(1, 6);
  p.output_shape = {p.input_shape.n, random.between(1, 12), random.between(1, 12), out_c};
  p.input_offset = random.between(-127, 128);
  p.output_offset = random.between(-128, 127);
  p.activation_min = random.between(-128, 0);
  p.activation_max = random.between(0, 127);
  const auto count = [](int a, int b, int c, int d) { return static_cast<std::size_t>(a * b * c * d); };
  t.input = random.int8s(count(p.input_shape.n, p.input_shape.h, p.input_shape.w, p.input_shape.c));
  t.weights = random.int8s(count(out_c, p.kernel_h, p.kernel_w, depthwise ? 1 : p.input_shape.c));
  if (random.coin()) {
    t.bias = random.int32s(static_cast<std::size_t>(out_c), -20000, 20000);
  }
  t.multipliers = random.int32s(static_cast<std::size_t>(out_c), 1 << 30, 0x7FFFFFFF);
  t.shifts = random.int32s(static_cast<std::size_t>(out_c), -12, 1);
  return t;
}

void compare_random(OperatorKind kind, std::int64_t (*sum_of)(const Case&, int, int, int, int)) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    const Case t = random_case(kind, random);
    ASSERT_EQ(run_case(kind, t), expected_of(t, sum_of));
  }
}

TEST(Conv2d, RandomShapes) { compare_random(OperatorKind::kConv2d, conv_sum); }
TEST(DepthwiseConv2d, RandomShapes) { compare_random(OperatorKind::kDepthwiseConv2d, depthwise_sum); }
TEST(TransposeConv, RandomShapes) { compare_random(OperatorKind::kTransposeConv, transpose_sum); }

}  // namespace
}  // namespace tinyrig::test
