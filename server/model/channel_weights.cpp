#include "server/model/channel_weights.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <span>

#include "server/model/quantize.h"

namespace tinyrig::model {
namespace {

std::vector<std::int32_t> words(const Program& program, ValueId value) {
  const std::span<const std::uint8_t> bytes = program.values[value].data;
  std::vector<std::int32_t> result(bytes.size() / sizeof(std::int32_t));
  std::memcpy(result.data(), bytes.data(), result.size() * sizeof(std::int32_t));
  return result;
}

// The one output of a channel that gives the same for every accumulator in [low, high] (a channel that training
// left without weights): scaling is monotonic as long as its left shift keeps every bit.
std::optional<std::int32_t> constant_output(std::int64_t low, std::int64_t high, Multiplier multiplier,
                                            const packed::ConvParams& conv) {
  const std::int64_t limit = std::int64_t{1} << (31 - std::max(multiplier.shift, 0));
  if (low < -limit || high >= limit) return std::nullopt;
  const auto output = [&](std::int64_t accumulator) {
    const std::int64_t scaled = multiply_by_quantized_multiplier(static_cast<std::int32_t>(accumulator), multiplier);
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(scaled + conv.output_offset, conv.activation_min, conv.activation_max));
  };
  if (output(low) != output(high)) return std::nullopt;
  return output(low);
}

ValueId add_words(Program& program, const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return program.add_constant(std::move(bytes));
}

}  // namespace

ChannelWeights channel_weights(const Program& program, packed::OperatorKind kind, const packed::ConvParams& conv) {
  const auto channels = static_cast<std::size_t>(conv.output_shape.c);
  const bool depthwise = kind == packed::OperatorKind::kDepthwiseConv2d;
  const std::span<const std::uint8_t> bytes = program.values[conv.weights].data;
  const std::size_t taps = bytes.size() / channels;
  ChannelWeights weights(channels, std::vector<std::int8_t>(taps));
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t k = 0; k < taps; ++k) {
      weights[c][k] = static_cast<std::int8_t>(bytes[depthwise ? k * channels + c : c * taps + k]);
    }
  }
  return weights;
}

std::optional<packed::ConvParams> as_convolution(Program& program, const packed::FullyConnectedParams& dense) {
  if (dense.weights_offset != 0) return std::nullopt;
  packed::ConvParams conv{};
  conv.input = dense.input;
  conv.output = dense.output;
  conv.weights = dense.weights;
  conv.bias = dense.bias;
  conv.multipliers = dense.multipliers;
  conv.shifts = dense.shifts;
  conv.scratch = packed::kNone;
  if (dense.per_channel == 0) {
    const auto channels = static_cast<std::size_t>(dense.outputs);
    conv.multipliers = add_words(program, std::vector(channels, words(program, dense.multipliers)[0]));
    conv.shifts = add_words(program, std::vector(channels, words(program, dense.shifts)[0]));
  }
  conv.input_shape = {1, 1, dense.batches, dense.inputs};
  conv.output_shape = {1, 1, dense.batches, dense.outputs};
  conv.kernel_h = conv.kernel_w = conv.stride_h = conv.stride_w = conv.dilation_h = conv.dilation_w = 1;
  conv.depth_multiplier = 1;
  conv.input_offset = dense.input_offset;
  conv.output_offset = dense.output_offset;
  conv.activation_min = dense.activation_min;
  conv.activation_max = dense.activation_max;
  return conv;
}

std::int64_t largest_accumulator(const std::vector<std::int8_t>& channel) {
  std::int64_t sum = 0;
  for (const std::int8_t weight : channel) sum += std::abs(std::int64_t{weight}) * 128;
  return sum;
}

std::optional<std::vector<packed::Requantization>> requantizations(const Program& program,
                                                                   const packed::ConvParams& conv,
                                                                   const ChannelWeights& weights) {
  constexpr std::int64_t kLargestSum = (std::int64_t{1} << 30) - 1;
  const std::vector<std::int32_t> multipliers = words(program, conv.multipliers);
  const std::vector<std::int32_t> shifts = words(program, conv.shifts);
  const std::vector<std::int32_t> biases =
      conv.bias == packed::kNone ? std::vector<std::int32_t>(weights.size()) : words(program, conv.bias);
  std::vector<packed::Requantization> result;
  result.reserve(weights.size());
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const std::int64_t sum = std::accumulate(weights[c].begin(), weights[c].end(), std::int64_t{0});
    const std::int64_t bias = biases[c] + conv.input_offset * sum;
    const std::int32_t shift = -shifts[c];
    const std::int64_t reach = largest_accumulator(weights[c]);
    if (const auto constant = constant_output(bias - reach, bias + reach, {multipliers[c], shifts[c]}, conv)) {
      result.push_back({0, 0, 1 + 2 * *constant, 1});
      continue;
    }
    if (std::abs(bias) + reach > kLargestSum) return std::nullopt;
    if (shift < packed::kMinRightShift || shift > packed::kMaxRightShift) return std::nullopt;
    const std::int32_t rounding = (1 << (shift - 1)) + conv.output_offset * (1 << shift);
    result.push_back({static_cast<std::int32_t>(bias), multipliers[c], rounding, shift});
  }
  return result;
}

}  // namespace tinyrig::model
