// What load() refuses of operators for the Helium kernels: a valid one is damaged in one field at a time.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "agent_firmware/engine/kernels/helium/checks.h"
#include "tests/support/packed_image_builder.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;
using packed::kInImage;

constexpr std::uint32_t kImageBytes = 4096, kArenaBytes = 1024;

template <class Params>
struct Damage {
  const char* what;
  std::function<void(Params&)> apply;
};

template <class Params>
void expect_refused(bool (*check)(const Params&, const Bounds&), const Params& good,
                    const std::vector<Damage<Params>>& damages) {
  const test::AlignedBytes image(kImageBytes);
  const Bounds bounds(image.span(), kArenaBytes);
  EXPECT_TRUE(check(good, bounds)) << "undamaged";
  for (const Damage<Params>& damage : damages) {
    Params bad = good;
    damage.apply(bad);
    EXPECT_FALSE(check(bad, bounds)) << damage.what;
  }
}

// 4x4x8 to 4x4x5, 3x3: 72 taps in 5 vectors, two groups of channels. Weights, scales and scratch end where
// the image and the arena do.
packed::ConvParams convolution() {
  packed::ConvParams p{};
  p.input = 0;
  p.output = 128;
  p.weights = kInImage | (kImageBytes - 2 * 4 * 5 * 16);
  p.bias = kInImage | (kImageBytes - 2 * 64);
  p.multipliers = p.shifts = packed::kNone;
  p.scratch = kArenaBytes - 8 * 80;
  p.input_shape = {1, 4, 2, 8};
  p.output_shape = {1, 4, 2, 5};
  p.kernel_h = p.kernel_w = 3;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = 1;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

TEST(HeliumChecks, Convolution) {
  using P = packed::ConvParams;
  const std::vector<Damage<P>> damages = {
      {"weights beyond", [](P& p) { p.weights += 16; }},
      {"weights misaligned", [](P& p) { p.weights -= 4; }},
      {"weights in the arena, misaligned", [](P& p) { p.weights = 1; }},
      {"no weights", [](P& p) { p.weights = packed::kNone; }},
      {"scales beyond", [](P& p) { p.bias += 16; }},
      {"no scales", [](P& p) { p.bias = packed::kNone; }},
      {"scratch beyond", [](P& p) { p.scratch += 1; }},
      {"no scratch", [](P& p) { p.scratch = packed::kNone; }},
      {"scratch in the image", [](P& p) { p.scratch = kInImage; }},
      {"a group of channels more", [](P& p) { p.output_shape.c = 9; }},
      {"a vector of taps more", [](P& p) { p.input_shape.c = 9; }},
      {"taps that wrap", [](P& p) { p.kernel_h = p.kernel_w = 32767; }},
      {"a larger kernel", [](P& p) { p.kernel_w = 4; }},
      {"output beyond", [](P& p) { p.output = kArenaBytes - 39; }},
      {"zero stride", [](P& p) { p.stride_w = 0; }},
      {"batches apart", [](P& p) { p.input_shape.n = 2; }},
  };
  expect_refused(helium::check_convolution, convolution(), damages);
}

// Without scratch only when the input is the columns: the same pixels, whole vectors.
TEST(HeliumChecks, ConvolutionThatReadsItsInputDirectly) {
  using P = packed::ConvParams;
  P good = convolution();
  good.kernel_h = good.kernel_w = 1;
  good.pad_top = good.pad_left = 0;
  good.input_shape.c = 16;
  good.scratch = packed::kNone;
  const std::vector<Damage<P>> damages = {
      {"stride", [](P& p) { p.stride_h = 2; }},
      {"padding", [](P& p) { p.pad_left = 1; }},
      {"fewer rows than pixels", [](P& p) { p.input_shape.h = 3; }},
      {"fewer columns than pixels", [](P& p) { p.input_shape.w = 1; }},
      {"half a vector", [](P& p) { p.input_shape.c = 8; }},
  };
  expect_refused(helium::check_convolution, good, damages);
}

// 4x5x8, 3x3 with stride 1: a tile of 8 columns, 64 bytes, a row of 40.
packed::ConvParams depthwise() {
  packed::ConvParams p = convolution();
  p.input_shape = p.output_shape = {1, 4, 5, 8};
  p.output = 160;
  p.weights = kInImage | (kImageBytes - 8 * 40);
  p.bias = packed::kNone;
  p.scratch = kArenaBytes - (8 * 8 * 4 + 64 + 40);
  p.depth_multiplier = 1;
  return p;
}

TEST(HeliumChecks, Depthwise) {
  using P = packed::ConvParams;
  const std::vector<Damage<P>> damages = {
      {"channels beyond", [](P& p) { p.weights += 16; }},
      {"no channels", [](P& p) { p.weights = packed::kNone; }},
      {"scratch beyond", [](P& p) { p.scratch += 4; }},
      {"scratch misaligned", [](P& p) { p.scratch -= 1; }},
      {"no scratch", [](P& p) { p.scratch = packed::kNone; }},
      {"a wider output", [](P& p) { p.output_shape.w = 7; }},
      {"a wider input", [](P& p) { p.input_shape.w = 6; }},
      {"other channels", [](P& p) { p.output_shape.c = 4; }},
      {"another row of patches", [](P& p) { p.kernel_h = 5; }},
      {"a kernel of five patches", [](P& p) { p.kernel_h = 17; }},
      {"a huge kernel", [](P& p) { p.kernel_h = p.kernel_w = 32767; }},
      {"dilation", [](P& p) { p.dilation_w = 2; }},
      {"input beyond", [](P& p) { p.input = kArenaBytes - 159; }},
      {"columns that wrap", [](P& p) { p.stride_w = 32767; }},
  };
  expect_refused(helium::check_depthwise, depthwise(), damages);
}

packed::BinaryParams addition() {
  packed::BinaryParams p{};
  p.input1 = 0;
  p.input2 = 64;
  p.output = 128;
  for (std::int32_t i = 0; i < packed::kMaxRank; ++i) p.dims[i] = 1;
  p.dims[4] = 4;
  p.dims[5] = 16;
  p.strides1[4] = p.strides2[4] = 16;
  p.strides1[5] = p.strides2[5] = 1;
  p.left_shift = 20;
  p.input1_multiplier = p.input2_multiplier = p.output_multiplier = 1 << 30;
  p.input2_shift = -1;
  p.output_shift = -19;
  p.activation_min = -128;
  p.activation_max = 127;
  return p;
}

TEST(HeliumChecks, Addition) {
  using P = packed::BinaryParams;
  const std::vector<Damage<P>> damages = {
      {"broadcast rows", [](P& p) { p.strides1[4] = 0; }},
      {"broadcast elements", [](P& p) { p.strides2[5] = 0; }},
      {"gaps between rows", [](P& p) { p.strides2[4] = 17; }},
      {"subtraction", [](P& p) { p.input2_multiplier = -(1 << 30); }},
      {"an operand that is neither halved nor shifted", [](P& p) { p.input1_multiplier += 1; }},
      {"no left shift", [](P& p) { p.left_shift = 0; }},
      {"no output shift", [](P& p) { p.output_shift = 0; }},
      {"a large output shift", [](P& p) { p.output_shift = -23; }},
      {"input beyond", [](P& p) { p.input2 = kArenaBytes - 63; }},
      {"output in the image", [](P& p) { p.output = kInImage; }},
  };
  expect_refused(helium::check_add, addition(), damages);
}

}  // namespace
}  // namespace tinyrig::engine
