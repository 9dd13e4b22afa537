// Constants in the order of agent_firmware/engine/kernels/helium: Cortex-M55 with Helium.
#include <cstring>
#include <limits>
#include <span>

#include "server/model/channel_weights.h"
#include "server/model/core_layouts.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::model {
namespace {

namespace layout = packed::helium;

constexpr std::size_t kVector = layout::kVectorBytes;
constexpr std::size_t kGroup = layout::kGroupChannels;

template <class T>
ValueId add_constants(Program& program, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  std::vector<std::uint8_t> data(bytes.size());
  std::memcpy(data.data(), bytes.data(), bytes.size());
  return program.add_constant(std::move(data));
}

ValueId add_scratch(Program& program, LoweredOperator& op, std::int64_t bytes) {
  program.values.push_back({Value::Kind::kScratch, static_cast<std::uint32_t>(bytes), {}, -1});
  const auto value = static_cast<ValueId>(program.values.size() - 1);
  op.scratch.push_back(value);
  return value;
}

std::vector<layout::Scales> in_groups(const std::vector<packed::Requantization>& channels) {
  std::vector<layout::Scales> groups((channels.size() + kGroup - 1) / kGroup);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    layout::Scales& group = groups[c / kGroup];
    const std::size_t lane = c % kGroup;
    group.bias[lane] = channels[c].bias;
    group.multiplier[lane] = channels[c].multiplier;
    group.rounding[lane] = channels[c].rounding;
    group.left_shift[lane] = layout::kOutputBit - channels[c].shift;
  }
  return groups;
}

std::vector<std::int8_t> in_blocks(const ChannelWeights& weights, std::size_t steps) {
  const std::size_t groups = (weights.size() + kGroup - 1) / kGroup;
  std::vector<std::int8_t> blocks(groups * kGroup * steps * kVector);
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const std::size_t lane = c % kGroup, pair = lane % 2, place = lane / 2;
    std::int8_t* const pair_begin = blocks.data() + (c / kGroup * kGroup + pair * 2) * steps * kVector;
    for (std::size_t k = 0; k < weights[c].size(); ++k) {
      pair_begin[(k / kVector * 2 + place) * kVector + k % kVector] = weights[c][k];
    }
  }
  return blocks;
}

bool lay_out_convolution(Program& program, LoweredOperator& op, packed::ConvParams conv,
                         const ChannelWeights& weights) {
  const std::optional<std::vector<packed::Requantization>> scales = requantizations(program, conv, weights);
  if (!scales) return false;
  conv.bias = add_constants(program, in_groups(*scales));
  conv.weights = add_constants(program, in_blocks(weights, static_cast<std::size_t>(layout::convolution_steps(conv))));
  conv.multipliers = conv.shifts = packed::kNone;
  op.kind = packed::OperatorKind::kConv2d;
  op.kernel = layout::kConvolution;
  op.kernel_name = "helium dot products";
  if (layout::convolution_is_direct(conv)) {
    op.kernel_name = "helium dot products 1x1";
  } else {
    conv.scratch = add_scratch(
        program, op, layout::convolution_columns(conv) * layout::convolution_steps(conv) * layout::kVectorBytes);
  }
  op.params = conv;
  return true;
}

// The taps of a channel in the order of layout::depthwise_taps_bytes.
std::vector<std::int8_t> in_patches(const std::vector<std::int8_t>& taps, const packed::ConvParams& conv) {
  std::vector<std::int8_t> patches(static_cast<std::size_t>(layout::depthwise_taps_bytes(conv)));
  constexpr std::size_t kPatch = layout::kPatch;
  const std::size_t first = layout::depthwise_is_two_rows(conv) ? layout::kTwoRowsOffset : 0;
  const auto columns = static_cast<std::size_t>(conv.kernel_w);
  const auto patch_columns = static_cast<std::size_t>(layout::depthwise_patch_columns(conv));
  for (std::size_t tap = 0; tap < taps.size(); ++tap) {
    const std::size_t y = tap / columns, x = tap % columns;
    const std::size_t patch = y / kPatch * patch_columns + x / kPatch;
    patches[first + patch * kVector + x % kPatch * kPatch + y % kPatch] = taps[tap];
  }
  return patches;
}

bool lay_out_depthwise(Program& program, LoweredOperator& op, packed::ConvParams conv, const ChannelWeights& weights) {
  if (conv.depth_multiplier != 1 || layout::depthwise_patches(conv) > layout::kMostPatches) return false;
  const std::optional<std::vector<packed::Requantization>> scales = requantizations(program, conv, weights);
  if (!scales) return false;
  std::vector<std::int8_t> records;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const packed::Requantization& from = (*scales)[c];
    const layout::DepthwiseScale scale{from.bias, from.multiplier, from.rounding, layout::kOutputBit - from.shift};
    const auto* bytes = reinterpret_cast<const std::int8_t*>(&scale);
    records.insert(records.end(), bytes, bytes + sizeof(scale));
    const std::vector<std::int8_t> taps = in_patches(weights[c], conv);
    records.insert(records.end(), taps.begin(), taps.end());
  }
  conv.weights = add_constants(program, records);
  conv.bias = conv.multipliers = conv.shifts = packed::kNone;
  conv.scratch = add_scratch(program, op, layout::depthwise_scratch_bytes(conv));
  op.kernel = layout::kDepthwise;
  op.kernel_name = layout::depthwise_is_two_rows(conv) ? "helium depthwise 2x2" : "helium depthwise 1x4";
  op.params = conv;
  return true;
}

bool lay_out_addition(LoweredOperator& op) {
  auto& add = std::get<packed::BinaryParams>(op.params);
  if (!layout::is_addition(add)) return false;
  if (layout::add_halves(add.input2_multiplier, add.input2_shift)) {
    std::swap(add.input1, add.input2);
    std::swap(add.input1_offset, add.input2_offset);
    std::swap(add.input1_multiplier, add.input2_multiplier);
    std::swap(add.input1_shift, add.input2_shift);
  }
  op.kernel = layout::kAddition;
  op.kernel_name = "helium addition";
  return true;
}

bool lay_out_pool(LoweredOperator& op) {
  op.kernel = layout::kPool;
  op.kernel_name = "helium pool";
  return true;
}

}  // namespace

bool lay_out_for_helium(Program& program, LoweredOperator& op) {
  switch (op.kind) {
    case packed::OperatorKind::kConv2d: {
      const auto& conv = std::get<packed::ConvParams>(op.params);
      return lay_out_convolution(program, op, conv, channel_weights(program, op.kind, conv));
    }
    case packed::OperatorKind::kDepthwiseConv2d: {
      const auto& conv = std::get<packed::ConvParams>(op.params);
      const ChannelWeights weights = channel_weights(program, op.kind, conv);
      // Of one input channel each output channel is an ordinary convolution.
      return conv.input_shape.c == 1 ? lay_out_convolution(program, op, conv, weights)
                                     : lay_out_depthwise(program, op, conv, weights);
    }
    case packed::OperatorKind::kFullyConnected: {
      const std::optional<packed::ConvParams> conv =
          as_convolution(program, std::get<packed::FullyConnectedParams>(op.params));
      return conv &&
             lay_out_convolution(program, op, *conv, channel_weights(program, packed::OperatorKind::kConv2d, *conv));
    }
    case packed::OperatorKind::kAdd:
      return lay_out_addition(op);
    case packed::OperatorKind::kAveragePool2d:
    case packed::OperatorKind::kMaxPool2d:
      return lay_out_pool(op);
    default:
      return false;
  }
}

}  // namespace tinyrig::model
