#include "tests/support/model/random_operator.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/support/model/random_model.h"
#include "tests/support/model/random_source.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::test {
namespace {

using model::OperatorCode;
using Shape = std::vector<std::int32_t>;

std::size_t elements(const Shape& shape) {
  std::size_t count = 1;
  for (const std::int32_t size : shape) count *= static_cast<std::size_t>(size);
  return count;
}

// Positions of a window; 0 or less when it does not fit.
std::int32_t positions(tflite::Padding padding, std::int32_t input, std::int32_t filter, std::int32_t stride,
                       std::int32_t dilation) {
  if (padding == tflite::Padding::SAME) return (input + stride - 1) / stride;
  return (input - (filter - 1) * dilation - 1 + stride) / stride;
}

class OneOperator {
 public:
  OneOperator(std::uint32_t seed, const OperatorLimits& limits) : random_(seed), limits_(limits) {}

  std::vector<std::uint8_t> build(int output) {
    builder_.output(output);
    return builder_.build();
  }

  std::vector<std::uint8_t> convolution(bool depthwise, bool pointwise = false) {
    Windowed made;
    std::int32_t multiplier = 1, filters = 1;
    std::size_t weight_count = 0;
    do {
      made = pointwise ? whole_image() : windowed(depthwise ? 130 : 64);
      multiplier = random_.chance(85) ? 1 : random_.pick(2, 5);
      filters = depthwise ? made.input[3] * multiplier : random_.channels(96);
      made.output[3] = filters;
      weight_count =
          static_cast<std::size_t>(made.kernel_h * made.kernel_w * filters * (depthwise ? 1 : made.input[3]));
    } while (weight_count > limits_.weight_bytes || elements(made.output) > limits_.tensor_bytes);
    const std::size_t taps = weight_count / static_cast<std::size_t>(filters);
    const Shape shape = depthwise ? Shape{1, made.kernel_h, made.kernel_w, filters}
                                  : Shape{filters, made.kernel_h, made.kernel_w, made.input[3]};
    const Ends ends = make_ends(made.input, made.output);
    std::vector<std::int32_t> operands = {
        ends.input, builder_.constant(shape, random_.weights(weight_count),
                                      weight_scales(static_cast<std::size_t>(filters), taps), depthwise ? 3 : 0)};
    add_bias(operands, static_cast<std::size_t>(filters), taps);
    if (depthwise) {
      auto options = windowed_options<tflite::DepthwiseConv2DOptionsT>(made);
      options.dilation_h = made.dilation_h;
      options.dilation_w = made.dilation_w;
      options.depth_multiplier = multiplier;
      builder_.add(OperatorCode::kDepthwiseConv2d, operands, {ends.output}, options);
    } else {
      auto options = windowed_options<tflite::Conv2DOptionsT>(made);
      options.dilation_h = made.dilation_h;
      options.dilation_w = made.dilation_w;
      builder_.add(OperatorCode::kConv2d, operands, {ends.output}, options);
    }
    return build(ends.output);
  }

  std::vector<std::uint8_t> fully_connected() {
    const std::int32_t batches = random_.chance(70) ? 1 : random_.pick(2, 5);
    std::int32_t inputs = 1, outputs = 1;
    do {
      inputs = random_.chance(50) ? random_.channels(130) : random_.pick(1, 400);
      outputs = random_.channels(130);
    } while (static_cast<std::size_t>(inputs * outputs) > limits_.weight_bytes ||
             static_cast<std::size_t>(batches * std::max(inputs, outputs)) > limits_.tensor_bytes);
    const auto taps = static_cast<std::size_t>(inputs);
    const Ends ends = make_ends({batches, inputs}, {batches, outputs});
    const bool per_channel = random_.chance(40);
    const int weights =
        builder_.constant({outputs, inputs}, random_.weights(static_cast<std::size_t>(inputs * outputs)),
                          weight_scales(per_channel ? static_cast<std::size_t>(outputs) : 1, taps));
    if (!per_channel && random_.chance(20)) builder_.at(weights).quantization->zero_point = {random_.zero_point()};
    std::vector<std::int32_t> operands = {ends.input, weights};
    add_bias(operands, static_cast<std::size_t>(outputs), taps);
    tflite::FullyConnectedOptionsT options;
    options.activation = activation();
    builder_.add(OperatorCode::kFullyConnected, operands, {ends.output}, options);
    return build(ends.output);
  }

  // ADD, SUB, MUL: of one shape, one broadcast to the other, a constant, or a tensor with itself.
  std::vector<std::uint8_t> binary(OperatorCode code) {
    const Shape shape = image(64);
    Shape other = shape;
    if (random_.chance(30)) {
      for (std::int32_t& size : other) size = random_.chance(60) ? 1 : size;
    }
    // Ratios of powers of two and their neighbours: sums that lie on a half, or just beside it.
    const bool halves = random_.chance(35);
    const int exponent = random_.pick(-9, 1);
    const auto scale = [&] {
      return static_cast<float>(halves ? random_.near_power_of_two(exponent + random_.pick(-2, 2))
                                       : std::ldexp(random_.real(0.5, 1.0), random_.pick(-9, 1)));
    };
    scale1_ = scale();
    const float scale2 = random_.chance(20) ? scale1_ : scale();
    const int first = builder_.input(shape, scale1_, random_.zero_point());
    int second = first;
    if (random_.chance(25)) {
      second = builder_.constant(other, random_.weights(elements(other)), {scale2});
      builder_.at(second).quantization->zero_point = {random_.zero_point()};
    } else if (random_.chance(90)) {
      second = builder_.input(other, scale2, random_.zero_point());
    }
    const double typical = code == OperatorCode::kMul ? static_cast<double>(scale1_) * scale2 * 5400.0
                                                      : static_cast<double>(std::max(scale1_, scale2)) * 100.0;
    double result = typical / random_.real(40.0, 300.0);
    if (random_.chance(20)) result = std::ldexp(1.0, random_.pick(-10, 8));
    if (halves) result = random_.near_power_of_two(static_cast<int>(std::lround(std::log2(result))));
    output_scale_ = static_cast<float>(result);
    const int output = make_output(shape, output_scale_);
    const bool swapped = random_.chance(30);
    const std::vector<std::int32_t> operands =
        swapped ? std::vector<std::int32_t>{second, first} : std::vector<std::int32_t>{first, second};
    if (code == OperatorCode::kMul) {
      tflite::MulOptionsT options;
      options.activation = activation();
      builder_.add(code, operands, {output}, options);
    } else if (code == OperatorCode::kAdd) {
      tflite::AddOptionsT options;
      options.activation = activation();
      builder_.add(code, operands, {output}, options);
    } else {
      tflite::SubOptionsT options;
      options.activation = activation();
      builder_.add(code, operands, {output}, options);
    }
    return build(output);
  }

  std::vector<std::uint8_t> pool(OperatorCode code) {
    Windowed made = windowed(130);
    if (random_.chance(25)) {  // the whole input at once
      made.kernel_h = made.input[1];
      made.kernel_w = made.input[2];
      made.padding = tflite::Padding::VALID;
    }
    made.output[1] = positions(made.padding, made.input[1], made.kernel_h, made.stride_h, 1);
    made.output[2] = positions(made.padding, made.input[2], made.kernel_w, made.stride_w, 1);
    made.output[3] = made.input[3];
    const std::int32_t zero_point = random_.zero_point();
    const int input = builder_.input(made.input, 0.05F, zero_point);
    const int output = builder_.tensor(made.output, 0.05F, zero_point);
    auto options = windowed_options<tflite::Pool2DOptionsT>(made);
    options.filter_h = made.kernel_h;
    options.filter_w = made.kernel_w;
    builder_.add(code, {input}, {output}, options);
    return build(output);
  }

  std::vector<std::uint8_t> softmax() {
    const Shape shape = {random_.chance(60) ? 1 : random_.pick(2, 6),
                         random_.chance(70) ? random_.pick(1, 20) : random_.pick(1, 700)};
    const int input = builder_.input(
        shape, static_cast<float>(std::ldexp(random_.real(0.5, 1.0), random_.pick(-14, 6))), random_.zero_point());
    const int output = builder_.tensor(shape, 1.0F / 256.0F, -128);
    tflite::SoftmaxOptionsT options;
    options.beta = random_.chance(80) ? 1.0F : static_cast<float>(random_.real(0.1, 4.0));
    builder_.add(OperatorCode::kSoftmax, {input}, {output}, options);
    return build(output);
  }

  std::vector<std::uint8_t> mean() {
    const Shape shape = image(64);
    const Shape axes = random_.any_of<Shape>({{1, 2}, {1, 2}, {3}, {1}, {0, 1, 2, 3}});
    Shape reduced = shape;
    for (const std::int32_t axis : axes) reduced[static_cast<std::size_t>(axis)] = 1;
    const int input = builder_.input(shape, 0.05F, random_.zero_point());
    const int output =
        builder_.tensor(reduced, static_cast<float>(0.05 * random_.ratio(100.0, true)), random_.zero_point());
    tflite::ReducerOptionsT options;
    options.keep_dims = true;
    builder_.add(OperatorCode::kMean, {input, builder_.constant(axes)}, {output}, options);
    return build(output);
  }

  std::vector<std::uint8_t> pad() {
    const Shape shape = image(64);
    Shape amounts, padded = shape;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int32_t before = i == 0 ? 0 : random_.pick(0, 3), after = i == 0 ? 0 : random_.pick(0, 3);
      amounts.insert(amounts.end(), {before, after});
      padded[i] += before + after;
    }
    const std::int32_t zero_point = random_.zero_point();
    const int input = builder_.input(shape, 0.05F, zero_point);
    const int output = builder_.tensor(padded, 0.05F, zero_point);
    const int paddings = builder_.constant(amounts);
    builder_.at(paddings).shape = {4, 2};
    builder_.add(OperatorCode::kPad, {input, paddings}, {output});
    return build(output);
  }

  std::vector<std::uint8_t> lookup() {
    const Shape shape = image(130);
    const OperatorCode code = random_.any_of({OperatorCode::kRelu, OperatorCode::kRelu6, OperatorCode::kHardSwish,
                                              OperatorCode::kQuantize, OperatorCode::kLogistic, OperatorCode::kTanh});
    const int input = builder_.input(shape, static_cast<float>(random_.real(0.001, 0.3)), random_.zero_point());
    float scale = static_cast<float>(random_.real(0.001, 0.3));
    std::int32_t zero_point = random_.zero_point();
    if (code == OperatorCode::kLogistic) scale = 1.0F / 256.0F, zero_point = -128;
    if (code == OperatorCode::kTanh) scale = 1.0F / 128.0F, zero_point = 0;
    const int output = builder_.tensor(shape, scale, zero_point);
    builder_.add(code, {input}, {output});
    return build(output);
  }

 private:
  struct Windowed {
    Shape input, output;  // the output's channels are to be filled in
    tflite::Padding padding{};
    std::int32_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  };
  struct Ends {
    int input, output;
  };

  Shape image(int most_channels) {
    Shape shape;
    do {
      const std::int32_t batches = random_.chance(85) ? 1 : random_.pick(2, 3);
      shape = {batches, random_.pick(1, 14), random_.pick(1, 14), random_.channels(most_channels)};
    } while (elements(shape) > limits_.tensor_bytes);
    return shape;
  }

  Windowed windowed(int most_channels) {
    for (;;) {
      Windowed made;
      made.input = image(most_channels);
      made.padding = random_.any_of({tflite::Padding::SAME, tflite::Padding::VALID});
      switch (random_.pick(0, 3)) {
        case 0:
          break;  // 1 x 1
        case 1:
        case 2:
          made.kernel_h = made.kernel_w = 3;
          break;
        default:
          made.kernel_h = random_.chance(10) ? random_.pick(6, 11) : random_.pick(1, 5);
          made.kernel_w = random_.pick(1, 5);
      }
      made.stride_h = made.stride_w = random_.chance(60) ? 1 : random_.pick(2, 3);
      if (random_.chance(10)) made.stride_w = random_.pick(1, 4);
      if (random_.chance(12)) made.dilation_h = random_.pick(1, 3), made.dilation_w = random_.pick(1, 3);
      made.output = {made.input[0],
                     positions(made.padding, made.input[1], made.kernel_h, made.stride_h, made.dilation_h),
                     positions(made.padding, made.input[2], made.kernel_w, made.stride_w, made.dilation_w), 1};
      if (made.output[1] >= 1 && made.output[2] >= 1) return made;
    }
  }

  // A window of one cell at every place.
  Windowed whole_image() {
    Windowed made;
    made.input = image(130);
    if (random_.chance(50)) made.input[3] = std::max(16, made.input[3] / 16 * 16);
    made.output = made.input;
    return made;
  }

  template <class OptionsTable>
  OptionsTable windowed_options(const Windowed& made) {
    OptionsTable options;
    options.padding = made.padding;
    options.stride_h = made.stride_h;
    options.stride_w = made.stride_w;
    options.activation = activation();
    return options;
  }

  // The scales of input and output; weight_scales() brings the ratio where it should be.
  Ends make_ends(const Shape& input, const Shape& output) {
    scale1_ = static_cast<float>(random_.real(0.01, 0.2));
    output_scale_ = static_cast<float>(random_.real(0.005, 0.2));
    const int made = builder_.input(input, scale1_, random_.zero_point());
    return {made, make_output(output, output_scale_)};
  }

  // At times one whose RELU6 cuts the upper end alone.
  int make_output(const Shape& shape, float& scale) {
    relu6_cuts_top_ = random_.chance(8);
    if (relu6_cuts_top_) scale = 6.0F / static_cast<float>(128 + random_.pick(1, 126));
    return builder_.tensor(shape, scale, relu6_cuts_top_ ? -128 : random_.zero_point());
  }

  std::vector<float> weight_scales(std::size_t count, std::size_t taps) {
    const double typical = 5400.0 * std::sqrt(static_cast<double>(taps));
    std::vector<float> scales(count);
    const bool alike = random_.chance(20);
    for (float& scale : scales) {
      scale = static_cast<float>(random_.ratio(typical, wild_) * static_cast<double>(output_scale_) /
                                 static_cast<double>(scale1_));
      if (alike) scale = scales[0];
    }
    return scales;
  }

  void add_bias(std::vector<std::int32_t>& operands, std::size_t count, std::size_t taps) {
    if (random_.chance(90)) operands.push_back(builder_.constant(random_.biases(count, taps, wild_)));
  }

  tflite::Activation activation() {
    using enum tflite::Activation;
    if (relu6_cuts_top_) return RELU6;
    return random_.any_of({NONE, NONE, RELU, RELU6, RELU_N1_TO_1});
  }

  RandomSource random_;
  const bool wild_ = random_.chance(25);  // beyond what a core's kernels may ask of the packer
  const OperatorLimits limits_;
  TfliteBuilder builder_;
  float scale1_ = 1.0F, output_scale_ = 1.0F;
  bool relu6_cuts_top_ = false;
};

constexpr std::string_view kNames[] = {"conv_2d",
                                       "conv_2d_1x1",
                                       "depthwise_conv_2d",
                                       "fully_connected",
                                       "add",
                                       "sub",
                                       "mul",
                                       "average_pool_2d",
                                       "max_pool_2d",
                                       "softmax",
                                       "mean",
                                       "pad",
                                       "lookup",
                                       "graph"};

}  // namespace

std::span<const std::string_view> random_operator_names() { return kNames; }

std::vector<std::uint8_t> random_operator(std::string_view name, std::uint32_t seed, const OperatorLimits& limits) {
  OneOperator made(seed, limits);
  if (name == "conv_2d") return made.convolution(false);
  if (name == "conv_2d_1x1") return made.convolution(false, true);
  if (name == "depthwise_conv_2d") return made.convolution(true);
  if (name == "fully_connected") return made.fully_connected();
  if (name == "add") return made.binary(OperatorCode::kAdd);
  if (name == "sub") return made.binary(OperatorCode::kSub);
  if (name == "mul") return made.binary(OperatorCode::kMul);
  if (name == "average_pool_2d") return made.pool(OperatorCode::kAveragePool2d);
  if (name == "max_pool_2d") return made.pool(OperatorCode::kMaxPool2d);
  if (name == "softmax") return made.softmax();
  if (name == "mean") return made.mean();
  if (name == "pad") return made.pad();
  if (name == "lookup") return made.lookup();
  if (name == "graph") return random_model(seed);
  throw std::invalid_argument("no operator named " + std::string(name));
}

}  // namespace tinyrig::test
