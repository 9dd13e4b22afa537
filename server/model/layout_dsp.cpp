// Constants in the order of agent_firmware/engine/kernels/dsp: packed 16-bit multiplication (dsp_layout.h).
#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

#include "server/model/channel_weights.h"
#include "server/model/core_layouts.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::model {
namespace {

namespace dsp = packed::dsp;

template <class T>
ValueId add_block(Program& program, const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return program.add_constant(std::move(bytes));
}

ValueId add_scratch(Program& program, LoweredOperator& op, std::uint64_t bytes) {
  program.values.push_back({Value::Kind::kScratch, static_cast<std::uint32_t>(bytes), {}, -1});
  const auto scratch = static_cast<ValueId>(program.values.size() - 1);
  op.scratch.push_back(scratch);
  return scratch;
}

void double_biases(std::vector<packed::Requantization>& scales) {
  for (packed::Requantization& scale : scales) scale.bias *= 2;  // below 2^30, as requantizations() proved
}

// A half of a weight word; false when it leaves 16 bits.
bool join(std::int8_t a, std::int8_t b, std::int16_t& half) {
  const int joined = 256 * a + b;
  half = static_cast<std::int16_t>(joined);
  return half == joined;
}

// The weight words of channels a and b; false when they cannot be joined.
bool join_channels(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b,
                   std::vector<std::uint32_t>& words) {
  if (largest_accumulator(a) > dsp::kMaxFirstSum) return false;
  const std::size_t taps = dsp::conv_tap_pairs(static_cast<std::uint32_t>(a.size())) * 2;
  std::vector<std::int16_t> halves(taps);
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (!join(a[k], b[k], halves[k])) return false;
  }
  for (std::size_t k = 0; k < taps; k += 4) {
    for (const std::size_t first : {k, k + 1}) {
      words.push_back(static_cast<std::uint16_t>(halves[first]) |
                      static_cast<std::uint32_t>(static_cast<std::uint16_t>(halves[first + 2])) << 16);
    }
  }
  return true;
}

bool lay_out_conv(Program& program, LoweredOperator& op, packed::ConvParams conv) {
  const ChannelWeights weights = channel_weights(program, packed::OperatorKind::kConv2d, conv);
  std::optional<std::vector<packed::Requantization>> scales = requantizations(program, conv, weights);
  const std::size_t channels = weights.size();
  const auto taps = static_cast<std::uint32_t>(weights[0].size());
  if (!scales.has_value() || channels < 2 || taps > dsp::kMaxConvTaps) return false;
  double_biases(*scales);
  std::vector<std::uint32_t> words;
  std::vector<packed::Requantization> paired;
  for (std::size_t c = 0; c < channels; c += 2) {
    const std::size_t first = c + 1 < channels ? c : c - 1;  // an odd channel comes with the one before it
    if (!join_channels(weights[first], weights[first + 1], words)) return false;
    paired.insert(paired.end(), {(*scales)[first], (*scales)[first + 1]});
  }
  const packed::Shape4& out = conv.output_shape;
  const std::uint64_t pixels = std::uint64_t{static_cast<std::uint32_t>(out.n)} * out.h * out.w;
  conv.weights = add_block(program, words);
  conv.bias = add_block(program, paired);
  conv.multipliers = conv.shifts = packed::kNone;
  conv.scratch = add_scratch(
      program, op,
      sizeof(std::uint32_t) *
          std::uint64_t{dsp::conv_scratch_words(taps, static_cast<std::uint32_t>(conv.input_shape.c), pixels)});
  op.kind = packed::OperatorKind::kConv2d;
  op.kernel = dsp::kConv2dBlocked;
  op.kernel_name = "dsp conv";
  op.params = conv;
  return true;
}

// Whether an output row lies no further on than the input rows that were read before it is written, in whole words.
bool may_run_in_place(const packed::ConvParams& conv) {
  return conv.output_shape.c % 4 == 0 && conv.output_shape.w <= conv.input_shape.w && conv.pad_top <= 2 &&
         conv.output_shape.h <= conv.input_shape.h;
}

bool lay_out_depthwise(Program& program, LoweredOperator& op) {
  packed::ConvParams conv = std::get<packed::ConvParams>(op.params);
  const std::int32_t channels = conv.output_shape.c;
  if (conv.kernel_h != 3 || conv.kernel_w != 3 || conv.dilation_h != 1 || conv.dilation_w != 1 || conv.stride_w > 2 ||
      conv.pad_left > 2 || channels < 4 || conv.input_shape.c != channels) {
    return false;
  }
  const ChannelWeights weights = channel_weights(program, op.kind, conv);
  std::optional<std::vector<packed::Requantization>> scales = requantizations(program, conv, weights);
  if (!scales.has_value()) return false;
  double_biases(*scales);
  std::vector<std::uint8_t> bytes;
  std::vector<packed::Requantization> fours;
  for (std::int32_t c = 0; c < channels; c += 4) {
    const auto first = static_cast<std::size_t>(std::min(c, channels - 4));
    for (std::size_t tap = 0; tap < 9; ++tap) {
      for (std::size_t i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(weights[first + i][tap]));
    }
    fours.insert(fours.end(), scales->begin() + first, scales->begin() + first + 4);
  }
  conv.weights = program.add_constant(std::move(bytes));
  conv.bias = add_block(program, fours);
  conv.multipliers = conv.shifts = packed::kNone;
  conv.scratch = add_scratch(
      program, op,
      sizeof(std::uint32_t) * std::uint64_t{dsp::depthwise_scratch_words(conv.output_shape.w, conv.stride_w)});
  if (may_run_in_place(conv)) op.in_place.push_back(conv.input);
  op.kernel = dsp::kDepthwise3x3;
  op.kernel_name = "dsp depthwise";
  op.params = conv;
  return true;
}

// The input of the larger scale, whose multiplier is an exact half, comes first.
bool lay_out_add(LoweredOperator& op) {
  packed::BinaryParams add = std::get<packed::BinaryParams>(op.params);
  const bool same_shape = std::equal(std::begin(add.strides1), std::end(add.strides1), std::begin(add.strides2)) &&
                          std::none_of(std::begin(add.strides1), std::end(add.strides1), [&](const std::int32_t& s) {
                            return s == 0 && add.dims[&s - add.strides1] != 1;
                          });
  const auto is_half = [](std::int32_t multiplier, std::int32_t shift) {
    return multiplier == dsp::kHalf && shift == 0;
  };
  if (!is_half(add.input1_multiplier, add.input1_shift)) {
    std::swap(add.input1, add.input2);
    std::swap(add.input1_offset, add.input2_offset);
    std::swap(add.input1_multiplier, add.input2_multiplier);
    std::swap(add.input1_shift, add.input2_shift);
  }
  const auto in_range = [](std::int32_t right_shift, std::int32_t least) {
    return right_shift >= least && right_shift <= packed::kMaxRightShift;
  };
  if (!same_shape || add.left_shift != dsp::kAddLeftShift || !is_half(add.input1_multiplier, add.input1_shift) ||
      add.input2_multiplier < 0 || !in_range(-add.input2_shift, 0) ||
      !in_range(-add.output_shift, packed::kMinRightShift)) {
    return false;
  }
  op.kernel = dsp::kAddSameShape;
  op.kernel_name = "dsp add";
  op.params = add;
  return true;
}

bool lay_out_average_pool(LoweredOperator& op) {
  const auto& pool = std::get<packed::PoolParams>(op.params);
  if (pool.output_shape.h != 1 || pool.output_shape.w != 1 || pool.pad_top != 0 || pool.pad_left != 0 ||
      pool.filter_h != pool.input_shape.h || pool.filter_w != pool.input_shape.w || pool.input_shape.c % 4 != 0 ||
      pool.input_shape.h * pool.input_shape.w > dsp::kMaxAveragedPixels) {
    return false;
  }
  op.kernel = dsp::kAveragePoolGlobal;
  op.kernel_name = "dsp global average";
  return true;
}

}  // namespace

bool lay_out_for_dsp(Program& program, LoweredOperator& op) {
  switch (op.kind) {
    case packed::OperatorKind::kConv2d:
      return lay_out_conv(program, op, std::get<packed::ConvParams>(op.params));
    case packed::OperatorKind::kFullyConnected: {
      const std::optional<packed::ConvParams> conv =
          as_convolution(program, std::get<packed::FullyConnectedParams>(op.params));
      return conv.has_value() && lay_out_conv(program, op, *conv);
    }
    case packed::OperatorKind::kDepthwiseConv2d:
      return lay_out_depthwise(program, op);
    case packed::OperatorKind::kAdd:
      return lay_out_add(op);
    case packed::OperatorKind::kAveragePool2d:
      return lay_out_average_pool(op);
    default:
      return false;
  }
}

}  // namespace tinyrig::model
