// FULLY_CONNECTED, pooling, ADD/SUB/MUL, MEAN, SOFTMAX.
#include <cmath>

#include "tests/unit/engine/one_operator.h"
#include "tests/unit/engine/requantize_oracle.h"

namespace tinyrig::test {
namespace {

using packed::OperatorKind;

TEST(FullyConnected, ByHand) {
  OneOperator op;
  packed::FullyConnectedParams p = {};
  p.input = op.input({1, 2, 3});
  p.output = op.output(2);
  p.weights = op.constants(Int8s{1, 0, -1, 2, 2, 2});
  p.bias = op.constants(Int32s{0, 8});
  p.multipliers = op.constants(Int32s{1 << 30});
  p.shifts = op.constants(Int32s{0});
  p.batches = 1;
  p.inputs = 3;
  p.outputs = 2;
  p.input_offset = 1;   // 2 3 4
  p.output_offset = 1;  // halves of -2 and 18 + 8
  p.activation_min = -128;
  p.activation_max = 127;
  EXPECT_EQ(op.run(OperatorKind::kFullyConnected, p), (Int8s{0, 14}));
}

TEST(FullyConnected, RandomShapes) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    packed::FullyConnectedParams p = {};
    p.batches = random.between(1, 3);
    p.inputs = random.between(1, 70);
    p.outputs = random.between(1, 20);
    p.per_channel = random.between(0, 1);
    p.input_offset = random.between(-127, 128);
    p.weights_offset = random.coin() ? 0 : random.between(-127, 128);
    p.output_offset = random.between(-128, 127);
    p.activation_min = random.between(-128, 0);
    p.activation_max = random.between(0, 127);
    const auto inputs = static_cast<std::size_t>(p.inputs);
    const auto outputs = static_cast<std::size_t>(p.outputs);
    const auto batches = static_cast<std::size_t>(p.batches);
    const Int8s input = random.int8s(batches * inputs);
    const Int8s weights = random.int8s(outputs * inputs);
    const Int32s bias = random.coin() ? Int32s{} : random.int32s(outputs, -30000, 30000);
    const std::size_t scales = p.per_channel != 0 ? outputs : 1;
    const Int32s multipliers = random.int32s(scales, 1 << 30, 0x7FFFFFFF);
    const Int32s shifts = random.int32s(scales, -12, 0);

    Int8s expected;
    for (std::size_t n = 0; n < batches; ++n) {
      for (std::size_t o = 0; o < outputs; ++o) {
        std::int64_t sum = bias.empty() ? 0 : bias[o];
        for (std::size_t i = 0; i < inputs; ++i) {
          sum += std::int64_t{input[n * inputs + i] + p.input_offset} * (weights[o * inputs + i] + p.weights_offset);
        }
        const std::size_t s = p.per_channel != 0 ? o : 0;
        expected.push_back(
            oracle_requantize(sum, multipliers[s], shifts[s], p.output_offset, p.activation_min, p.activation_max));
      }
    }
    OneOperator op;
    p.input = op.input(input);
    p.output = op.output(expected.size());
    p.weights = op.constants(weights);
    p.bias = bias.empty() ? packed::kNone : op.constants(bias);
    p.multipliers = op.constants(multipliers);
    p.shifts = op.constants(shifts);
    ASSERT_EQ(op.run(OperatorKind::kFullyConnected, p), expected);
  }
}

packed::PoolParams pool_2x2_of_2x2() {
  packed::PoolParams p = {};
  p.input_shape = {1, 2, 2, 1};
  p.output_shape = {1, 1, 1, 1};
  p.filter_h = p.filter_w = p.stride_h = p.stride_w = 2;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

std::int8_t pool_of(OperatorKind kind, const Int8s& values) {
  OneOperator op;
  packed::PoolParams p = pool_2x2_of_2x2();
  p.input = op.input(values);
  p.output = op.output(1);
  return op.run(kind, p)[0];
}

TEST(AveragePool2d, HalvesAwayFromZero) {
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {1, 2, 2, 1}), 2);       // 1.5
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {-1, -2, -2, -1}), -2);  // -1.5
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {1, 1, 1, 2}), 1);       // 1.25
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {-1, -1, -1, -2}), -1);
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {0, 0, 0, 0}), 0);
  EXPECT_EQ(pool_of(OperatorKind::kAveragePool2d, {-128, -128, -128, -128}), -128);
}

TEST(MaxPool2d, TakesTheLargest) {
  EXPECT_EQ(pool_of(OperatorKind::kMaxPool2d, {-5, 3, 2, -128}), 3);
  EXPECT_EQ(pool_of(OperatorKind::kMaxPool2d, {-128, -128, -128, -128}), -128);
}

TEST(Pool2d, RandomShapes) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    packed::PoolParams p = {};
    p.input_shape = {random.between(1, 2), random.between(1, 9), random.between(1, 9), random.between(1, 5)};
    p.filter_h = random.between(1, 4);
    p.filter_w = random.between(1, 4);
    p.stride_h = random.between(1, 3);
    p.stride_w = random.between(1, 3);
    p.pad_top = random.between(0, p.filter_h - 1);
    p.pad_left = random.between(0, p.filter_w - 1);
    p.output_shape = {p.input_shape.n, random.between(1, (p.input_shape.h + p.pad_top - 1) / p.stride_h + 1),
                      random.between(1, (p.input_shape.w + p.pad_left - 1) / p.stride_w + 1), p.input_shape.c};
    p.activation_min = random.between(-128, -20);
    p.activation_max = random.between(20, 127);
    const Int8s input =
        random.int8s(static_cast<std::size_t>(p.input_shape.n * p.input_shape.h * p.input_shape.w * p.input_shape.c));
    Int8s averages;
    Int8s maxima;
    for (int n = 0; n < p.output_shape.n; ++n) {
      for (int oy = 0; oy < p.output_shape.h; ++oy) {
        for (int ox = 0; ox < p.output_shape.w; ++ox) {
          for (int c = 0; c < p.output_shape.c; ++c) {
            double sum = 0;
            int count = 0;
            int maximum = -128;
            for (int y = oy * p.stride_h - p.pad_top; y < oy * p.stride_h - p.pad_top + p.filter_h; ++y) {
              for (int x = ox * p.stride_w - p.pad_left; x < ox * p.stride_w - p.pad_left + p.filter_w; ++x) {
                if (y >= 0 && x >= 0 && y < p.input_shape.h && x < p.input_shape.w) {
                  const int at = ((n * p.input_shape.h + y) * p.input_shape.w + x) * p.input_shape.c + c;
                  sum += input[static_cast<std::size_t>(at)];
                  maximum = std::max<int>(maximum, input[static_cast<std::size_t>(at)]);
                  ++count;
                }
              }
            }
            const auto clamped = [&](int v) {
              return static_cast<std::int8_t>(std::clamp(v, p.activation_min, p.activation_max));
            };
            averages.push_back(clamped(static_cast<int>(std::round(sum / count))));
            maxima.push_back(clamped(maximum));
          }
        }
      }
    }
    for (const auto kind : {OperatorKind::kAveragePool2d, OperatorKind::kMaxPool2d}) {
      OneOperator op;
      p.input = op.input(input);
      p.output = op.output(averages.size());
      ASSERT_EQ(op.run(kind, p), kind == OperatorKind::kMaxPool2d ? maxima : averages);
    }
  }
}

packed::BinaryParams binary(const Int32s& dims, const Int32s& strides1, const Int32s& strides2) {
  packed::BinaryParams p = {};
  for (int i = 0; i < packed::kMaxRank; ++i) {
    const auto at = static_cast<std::size_t>(i) + dims.size() - packed::kMaxRank;
    const bool given = i >= packed::kMaxRank - static_cast<int>(dims.size());
    p.dims[i] = given ? dims[at] : 1;
    p.strides1[i] = given ? strides1[at] : 0;
    p.strides2[i] = given ? strides2[at] : 0;
  }
  p.left_shift = 20;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

// Scales all equal: inputs halved (2 * max scale), output doubled.
void equal_scales(packed::BinaryParams& p) {
  p.input1_multiplier = p.input2_multiplier = 1 << 30;
  p.output_multiplier = 1 << 30;
  p.output_shift = -18;
}

TEST(Add, ByHandWithBroadcast) {
  OneOperator op;
  packed::BinaryParams p = binary({2, 3}, {3, 1}, {0, 1});
  equal_scales(p);
  p.input1 = op.input({1, 2, 3, 100, -100, 6});
  p.input2 = op.input({10, -100, 30});
  p.output = op.output(6);
  EXPECT_EQ(op.run(OperatorKind::kAdd, p), (Int8s{11, -98, 33, 110, -128, 36}));
}

TEST(Add, SubtractsWithANegatedMultiplier) {
  OneOperator op;
  packed::BinaryParams p = binary({3}, {1}, {1});
  equal_scales(p);
  p.input2_multiplier = -p.input2_multiplier;
  p.input1 = op.input({1, 50, -100});
  p.input2 = op.input({10, -100, 30});
  p.output = op.output(3);
  EXPECT_EQ(op.run(OperatorKind::kAdd, p), (Int8s{-9, 127, -128}));
}

TEST(Mul, ByHand) {
  OneOperator op;
  packed::BinaryParams p = binary({4}, {1}, {0});
  p.output_multiplier = 1 << 30;
  p.output_shift = 0;  // halves
  p.input1_offset = 2;
  p.output_offset = 1;
  p.input1 = op.input({0, 1, -5, 127});
  p.input2 = op.input({3});
  p.output = op.output(4);
  EXPECT_EQ(op.run(OperatorKind::kMul, p), (Int8s{4, 6, -3, 127}));  // 3, 4.5 -> 5, -4.5 -> -4, 193.5
}

TEST(Binary, RandomShapes) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    const Int32s dims = random.int32s(static_cast<std::size_t>(random.between(1, 6)), 1, 4);
    Int32s strides[2] = {Int32s(dims.size()), Int32s(dims.size())};
    std::size_t sizes[2];
    for (int which = 0; which < 2; ++which) {
      std::int32_t elements = 1;
      for (std::size_t i = dims.size(); i-- > 0;) {
        const bool broadcast = random.between(0, 3) == 0;
        strides[which][i] = broadcast ? 0 : elements;
        elements *= broadcast ? 1 : dims[i];
      }
      sizes[which] = static_cast<std::size_t>(elements);
    }
    packed::BinaryParams p = binary(dims, strides[0], strides[1]);
    p.input1_offset = random.between(-127, 128);
    p.input2_offset = random.between(-127, 128);
    p.output_offset = random.between(-128, 127);
    p.input1_multiplier = random.between(1 << 30, 0x7FFFFFFF);
    p.input2_multiplier = random.between(1 << 30, 0x7FFFFFFF);
    p.output_multiplier = random.between(1 << 30, 0x7FFFFFFF);
    p.input1_shift = random.between(-6, 0);
    p.input2_shift = random.between(-6, 0);
    p.output_shift = random.between(-20, -8);
    p.activation_min = random.between(-128, 0);
    p.activation_max = random.between(0, 127);
    const Int8s a = random.int8s(sizes[0]);
    const Int8s b = random.int8s(sizes[1]);
    std::size_t count = 1;
    for (const std::int32_t dim : dims) {
      count *= static_cast<std::size_t>(dim);
    }
    for (const int operation : {0, 1, 2}) {  // add, subtract, multiply
      Int8s expected;
      for (std::size_t flat = 0; flat < count; ++flat) {
        std::size_t rest = flat;
        std::size_t at[2] = {0, 0};
        for (std::size_t i = dims.size(); i-- > 0;) {
          const std::size_t index = rest % static_cast<std::size_t>(dims[i]);
          rest /= static_cast<std::size_t>(dims[i]);
          at[0] += index * static_cast<std::size_t>(strides[0][i]);
          at[1] += index * static_cast<std::size_t>(strides[1][i]);
        }
        const std::int64_t x = a[at[0]] + p.input1_offset;
        const std::int64_t y = b[at[1]] + p.input2_offset;
        const std::int64_t sx = oracle_scale(x * (1 << 20), p.input1_multiplier, p.input1_shift);
        const std::int64_t sy = oracle_scale(y * (1 << 20), p.input2_multiplier, p.input2_shift);
        const std::int64_t value = operation == 0 ? sx + sy : operation == 1 ? sx - sy : x * y;
        expected.push_back(oracle_requantize(value, p.output_multiplier, p.output_shift, p.output_offset,
                                             p.activation_min, p.activation_max));
      }
      OneOperator op;
      packed::BinaryParams given = p;
      given.input2_multiplier *= operation == 1 ? -1 : 1;
      given.input1 = op.input(a);
      given.input2 = op.input(b);
      given.output = op.output(count);
      ASSERT_EQ(op.run(operation == 2 ? OperatorKind::kMul : OperatorKind::kAdd, given), expected) << operation;
    }
  }
}

// Mean over h and w of 1 x 2 x 3 x 2, input and output scales equal, zero points 5 and -7. 1 / 6 folded by
// the rule of params.h into scale 1 = 2^30 * 2^1: fold 2, multiplier 2^32 / 6, shift -1.
TEST(Mean, ByHand) {
  OneOperator op;
  packed::MeanParams p = {};
  std::fill_n(p.kept_dims, packed::kMaxRank, 1);
  std::fill_n(p.reduced_dims, packed::kMaxRank, 1);
  p.kept_dims[0] = 2;
  p.kept_strides[0] = 1;
  p.reduced_dims[0] = 2;
  p.reduced_strides[0] = 6;
  p.reduced_dims[1] = 3;
  p.reduced_strides[1] = 2;
  p.count = 6;
  p.input_zero_point = 5;
  p.output_zero_point = -7;
  p.multiplier = static_cast<std::int32_t>((std::int64_t{1} << 32) / 6);
  p.shift = -1;
  p.input = op.input({1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60});
  p.output = op.output(2);
  // 21 - 6 * 5 = -9: a third is -3, its half -1.5, away from zero -2, and -7 makes -9. 210 - 30: 30 - 7.
  EXPECT_EQ(op.run(OperatorKind::kMean, p), (Int8s{-9, 23}));
}

TEST(Mean, RandomShapes) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    packed::MeanParams p = {};
    std::fill_n(p.kept_dims, packed::kMaxRank, 1);
    std::fill_n(p.reduced_dims, packed::kMaxRank, 1);
    const int rank = random.between(1, packed::kMaxRank);
    std::int32_t dims[packed::kMaxRank];
    std::int32_t strides[packed::kMaxRank];
    bool reduced[packed::kMaxRank];
    std::int32_t elements = 1;
    for (int i = rank - 1; i >= 0; --i) {
      dims[i] = random.between(1, 4);
      strides[i] = elements;
      elements *= dims[i];
      reduced[i] = random.coin();
    }
    int kept_axes = 0;
    int reduced_axes = 0;
    std::int32_t outputs = 1;
    p.count = 1;
    for (int i = 0; i < rank; ++i) {
      if (reduced[i]) {
        p.reduced_dims[reduced_axes] = dims[i];
        p.reduced_strides[reduced_axes++] = strides[i];
        p.count *= dims[i];
      } else {
        p.kept_dims[kept_axes] = dims[i];
        p.kept_strides[kept_axes++] = strides[i];
        outputs *= dims[i];
      }
    }
    p.input_zero_point = random.between(-128, 127);
    p.output_zero_point = random.between(-128, 127);
    p.multiplier = random.between(1 << 28, 0x7FFFFFFF);
    p.shift = random.between(-10, 1);
    const Int8s input = random.int8s(static_cast<std::size_t>(elements));
    std::vector<std::int64_t> sums(static_cast<std::size_t>(outputs));
    for (std::int32_t flat = 0; flat < elements; ++flat) {
      std::int32_t out = 0;
      for (int i = 0; i < rank; ++i) {
        out = reduced[i] ? out : out * dims[i] + flat / strides[i] % dims[i];
      }
      sums[static_cast<std::size_t>(out)] += input[static_cast<std::size_t>(flat)] - p.input_zero_point;
    }
    Int8s expected;
    for (const std::int64_t sum : sums) {
      expected.push_back(oracle_requantize(sum, p.multiplier, p.shift, p.output_zero_point, -128, 127));
    }
    OneOperator op;
    p.input = op.input(input);
    p.output = op.output(expected.size());
    ASSERT_EQ(op.run(OperatorKind::kMean, p), expected);
  }
}

// Input scale s: multiplier * 2^shift / 2^31 = s * 2^26, so that one step of the input is s in Q5.26.
packed::SoftmaxParams softmax(std::int32_t rows, std::int32_t depth, double input_scale) {
  packed::SoftmaxParams p = {};
  p.rows = rows;
  p.depth = depth;
  int exponent = 0;
  const double fraction = std::frexp(input_scale * (1 << 26), &exponent);
  p.input_multiplier = static_cast<std::int32_t>(std::llround(std::ldexp(fraction, 31)));
  p.input_left_shift = exponent;
  p.diff_min = -((31 << 26) >> exponent);
  return p;
}

TEST(Softmax, EqualClassesShareEqually) {
  OneOperator op;
  packed::SoftmaxParams p = softmax(1, 4, 0.1);
  p.input = op.input({7, 7, 7, 7});
  p.output = op.output(4);
  EXPECT_EQ(op.run(OperatorKind::kSoftmax, p), (Int8s{-64, -64, -64, -64}));  // a quarter of 256, less 128
}

TEST(Softmax, OneWinnerTakesAll) {
  OneOperator op;
  packed::SoftmaxParams p = softmax(1, 3, 0.5);
  p.input = op.input({127, -128, -128});
  p.output = op.output(3);
  EXPECT_EQ(op.run(OperatorKind::kSoftmax, p), (Int8s{127, -128, -128}));
}

// More classes than the Q12.19 sum holds: it saturates, and each share is below half a step anyway. Wrapping
// would leave the sum of 8193 classes at that of one, and each would get all.
TEST(Softmax, ThousandsOfEqualClasses) {
  OneOperator op;
  packed::SoftmaxParams p = softmax(1, 8193, 0.1);
  p.input = op.input(Int8s(8193, 3));
  p.output = op.output(8193);
  EXPECT_EQ(op.run(OperatorKind::kSoftmax, p), Int8s(8193, -128));
}

TEST(Softmax, FollowsTheRealOne) {
  int worst = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    SCOPED_TRACE(random.trace());
    const int rows = random.between(1, 3);
    const int depth = random.between(1, 40);
    const double scale = 0.001 * random.between(5, 600);
    const Int8s input = random.int8s(static_cast<std::size_t>(rows * depth));
    OneOperator op;
    packed::SoftmaxParams p = softmax(rows, depth, scale);
    p.input = op.input(input);
    p.output = op.output(input.size());
    const Int8s output = op.run(OperatorKind::kSoftmax, p);
    for (int row = 0; row < rows; ++row) {
      const auto* in = input.data() + row * depth;
      double sum = 0;
      for (int i = 0; i < depth; ++i) {
        sum += std::exp(scale * in[i]);
      }
      for (int i = 0; i < depth; ++i) {
        const double real = std::min(127.0, std::round(256 * std::exp(scale * in[i]) / sum) - 128);
        worst = std::max(worst, std::abs(output[static_cast<std::size_t>(row * depth + i)] - static_cast<int>(real)));
      }
    }
  }
  EXPECT_LE(worst, 1);
}

}  // namespace
}  // namespace tinyrig::test
