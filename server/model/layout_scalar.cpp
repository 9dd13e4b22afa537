// Constants in the order of agent_firmware/engine/kernels/scalar: cores without vector or packed arithmetic
// (scalar_layout.h).
#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "server/model/channel_weights.h"
#include "server/model/core_layouts.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::model {
namespace {

namespace scalar = packed::scalar;
using Scales = std::vector<packed::Requantization>;
using Bytes = std::vector<std::uint8_t>;

template <class T>
ValueId add_block(Program& program, const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return program.add_constant(std::move(bytes));
}

ValueId add_scratch(Program& program, LoweredOperator& op, std::uint64_t bytes) {
  program.values.push_back({Value::Kind::kScratch, static_cast<std::uint32_t>(bytes), {}, -1});
  const auto scratch = static_cast<ValueId>(program.values.size() - 1);
  op.scratch.push_back(scratch);
  return scratch;
}

// Every sum of these weights and int8 inputs.
struct Interval {
  std::int64_t low = 0, high = 0;
};
Interval sums(std::span<const std::int8_t> weights) {
  Interval interval;
  for (const std::int64_t weight : weights) {
    interval.low += std::min(weight * -128, weight * 127);
    interval.high += std::max(weight * -128, weight * 127);
  }
  return interval;
}

bool fits(const Interval& interval, std::int64_t limit) { return interval.low >= -limit && interval.high < limit; }

bool fits_lane(std::span<const std::int8_t> weights) { return fits(sums(weights), scalar::kLaneLimit); }

// As the kernels keep it; false when a field leaves its range.
bool add_headroom(Scales& scales, int headroom) {
  for (packed::Requantization& scale : scales) {
    const std::int64_t bias = std::int64_t{scale.bias} * (1 << headroom);
    const std::int64_t rounding =
        (std::int64_t{1} << (headroom - 2)) + std::int64_t{scale.rounding} * (1 << (headroom - 1));
    const std::int32_t shift = scale.shift + headroom - 1;
    // The high half of the product is below 2^30; so the sum of both fits.
    if (std::abs(bias) >= std::int64_t{1} << 31 || std::abs(rounding) > std::int64_t{1} << 30 ||
        shift > scalar::kMaxShift) {
      return false;
    }
    scale = {static_cast<std::int32_t>(bias), scale.multiplier, static_cast<std::int32_t>(rounding), shift};
  }
  return true;
}

// The channels of one block in a convolution's stream.
class BlockWriter {
 public:
  BlockWriter(const ChannelWeights& weights, std::size_t first) : weights_(weights), first_(first) {}

  // Taps [from, to) in runs that leave out what is 0 in every channel.
  void segment(std::size_t from, std::size_t to, Bytes& stream) const {
    std::vector<std::pair<std::size_t, std::size_t>> runs;
    for (std::size_t tap = from; tap < to; tap += scalar::kRunTaps) {
      if (is_zero(tap, tap + scalar::kRunTaps)) continue;
      const bool joins = !runs.empty() && runs.back().second == tap &&
                         (tap - runs.back().first) * scalar::kBlockChannels < scalar::kMaxRunBytes;
      if (joins) {
        runs.back().second += scalar::kRunTaps;
      } else {
        runs.emplace_back(tap, tap + scalar::kRunTaps);
      }
    }
    put_word(static_cast<std::uint32_t>(runs.size()), stream);
    for (const auto& [begin, end] : runs) {
      const auto bytes = static_cast<std::uint32_t>((end - begin) * scalar::kBlockChannels);
      put_word(bytes << 16 | static_cast<std::uint32_t>(begin), stream);
      for (std::size_t tap = begin; tap < end; ++tap) {
        for (std::size_t c = 0; c < scalar::kBlockChannels; ++c)
          stream.push_back(static_cast<std::uint8_t>(at(c, tap)));
      }
    }
  }

  // Ends of segments whose sums fit lanes, as few as will do: the last is `taps`.
  std::vector<std::size_t> segment_ends(std::size_t taps) const {
    std::vector<std::size_t> ends;
    for (std::size_t from = 0; from < taps;) {
      std::size_t to = from;
      while (to < taps && lanes_hold(from, std::min(to + scalar::kRunTaps, taps))) to += scalar::kRunTaps;
      ends.push_back(std::min(to, taps));
      from = to;
    }
    return ends;
  }

  static void put_word(std::uint32_t word, Bytes& stream) {
    for (int i = 0; i < 4; ++i) stream.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  }

 private:
  std::int8_t at(std::size_t channel, std::size_t tap) const {
    const std::vector<std::int8_t>& weights = weights_[first_ + channel];
    return tap < weights.size() ? weights[tap] : std::int8_t{0};
  }
  bool is_zero(std::size_t from, std::size_t to) const {
    for (std::size_t c = 0; c < scalar::kBlockChannels; ++c) {
      for (std::size_t tap = from; tap < to; ++tap) {
        if (at(c, tap) != 0) return false;
      }
    }
    return true;
  }
  bool lanes_hold(std::size_t from, std::size_t to) const {
    for (std::size_t c = 0; c < scalar::kBlockChannels; ++c) {
      if (!fits_lane(std::span(weights_[first_ + c]).subspan(from, to - from))) return false;
    }
    return true;
  }

  const ChannelWeights& weights_;
  std::size_t first_;
};

// Whether every channel's sum, and that with its bias, leaves `headroom` bits of a word.
bool sums_fit(const ChannelWeights& weights, const Scales& scales, int headroom) {
  const std::int64_t limit = std::int64_t{1} << (31 - headroom);
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const Interval interval = sums(weights[c]);
    const Interval biased = {interval.low + scales[c].bias, interval.high + scales[c].bias};
    if (!fits(interval, limit) || !fits(biased, limit)) return false;
  }
  return true;
}

std::uint64_t pixels_of(const packed::Shape4& shape) {
  return std::uint64_t{static_cast<std::uint32_t>(shape.n)} * static_cast<std::uint32_t>(shape.h) *
         static_cast<std::uint32_t>(shape.w);
}

// One input image of one pixel, or one that the kernel sees whole: a row of inputs for each output pixel.
bool is_dense(const packed::ConvParams& conv) {
  const packed::Shape4 &in = conv.input_shape, &out = conv.output_shape;
  const bool unpadded = conv.pad_top == 0 && conv.pad_left == 0 && conv.dilation_h == 1 && conv.dilation_w == 1;
  const bool pointwise = conv.kernel_h == 1 && conv.kernel_w == 1 && in.h == out.h && in.w == out.w &&
                         conv.stride_h == 1 && conv.stride_w == 1;
  const bool whole_image = conv.kernel_h == in.h && conv.kernel_w == in.w && out.h == 1 && out.w == 1;
  return unpadded && (pointwise || whole_image);
}

bool lay_out_dense(Program& program, LoweredOperator& op, packed::ConvParams conv) {
  const ChannelWeights weights = channel_weights(program, packed::OperatorKind::kConv2d, conv);
  std::optional<Scales> scales = requantizations(program, conv, weights);
  const auto holds = [](const std::vector<std::int8_t>& channel) { return fits(sums(channel), scalar::kDenseLimit); };
  if (!scales.has_value() || !sums_fit(weights, *scales, scalar::kWideHeadroom) ||
      !add_headroom(*scales, scalar::kWideHeadroom) || !std::ranges::all_of(weights, holds)) {
    return false;
  }
  const std::size_t channels = weights.size();
  Bytes bytes;
  for (std::size_t first = 0; first < channels;) {
    const bool many = channels - first >= scalar::kDenseWords * scalar::kWordChannels;
    const std::size_t block = (many ? scalar::kDenseWords : 1) * scalar::kWordChannels;
    for (std::size_t tap = 0; tap < weights[0].size(); ++tap) {
      for (std::size_t c = first; c < first + block; ++c) {
        bytes.push_back(static_cast<std::uint8_t>((c < channels ? weights[c][tap] : 0) + 128));
      }
    }
    first += block;
  }
  conv.weights = program.add_constant(std::move(bytes));
  conv.bias = add_block(program, *scales);
  conv.multipliers = conv.shifts = packed::kNone;
  op.kind = packed::OperatorKind::kConv2d;
  op.kernel = scalar::kDense;
  op.kernel_name = "scalar dense";
  op.params = conv;
  return true;
}

bool lay_out_conv(Program& program, LoweredOperator& op, packed::ConvParams conv, packed::Core core) {
  if (is_dense(conv) && pixels_of(conv.output_shape) < scalar::kLanePixels && lay_out_dense(program, op, conv)) {
    return true;
  }
  const ChannelWeights weights = channel_weights(program, packed::OperatorKind::kConv2d, conv);
  const std::optional<Scales> scales = requantizations(program, conv, weights);
  const std::size_t channels = weights.size();
  const std::size_t taps = weights[0].size();
  if (!scales.has_value() || channels < scalar::kBlockChannels || taps > scalar::kMaxTaps) return false;

  Scales blocked;
  std::vector<BlockWriter> blocks;
  for (std::size_t c = 0; c < channels; c += scalar::kBlockChannels) {
    const std::size_t first = std::min<std::size_t>(c, channels - scalar::kBlockChannels);
    blocks.emplace_back(weights, first);
    blocked.insert(blocked.end(), scales->begin() + static_cast<std::ptrdiff_t>(first),
                   scales->begin() + static_cast<std::ptrdiff_t>(first + scalar::kBlockChannels));
  }
  Scales narrow_scales = blocked;
  const bool narrow =
      sums_fit(weights, *scales, scalar::kNarrowHeadroom) && add_headroom(narrow_scales, scalar::kNarrowHeadroom);
  if (!narrow &&
      (!sums_fit(weights, *scales, scalar::kWideHeadroom) || !add_headroom(blocked, scalar::kWideHeadroom))) {
    return false;
  }
  Bytes stream;
  for (const BlockWriter& block : blocks) {
    if (narrow) {
      block.segment(0, taps, stream);
      continue;
    }
    const std::vector<std::size_t> ends = block.segment_ends(taps);
    BlockWriter::put_word(static_cast<std::uint32_t>(ends.size()), stream);
    std::size_t from = 0;
    for (const std::size_t to : ends) {
      block.segment(from, to, stream);
      from = to;
    }
  }
  conv.weights = program.add_constant(std::move(stream));
  conv.bias = add_block(program, narrow ? narrow_scales : blocked);
  conv.multipliers = conv.shifts = packed::kNone;
  conv.scratch = add_scratch(
      program, op,
      sizeof(std::uint32_t) * std::uint64_t{scalar::conv_scratch_words(static_cast<std::uint32_t>(taps),
                                                                       static_cast<std::uint32_t>(conv.input_shape.c),
                                                                       scalar::max_triples(core))});
  op.kind = packed::OperatorKind::kConv2d;
  op.kernel = narrow ? scalar::kConvNarrow : scalar::kConvWide;
  op.kernel_name = narrow ? "scalar conv" : "scalar conv, wide";
  op.params = conv;
  return true;
}

bool lay_out_depthwise(Program& program, LoweredOperator& op) {
  packed::ConvParams conv = std::get<packed::ConvParams>(op.params);
  if (conv.kernel_h != 3 || conv.kernel_w != 3 || conv.dilation_h != 1 || conv.dilation_w != 1 || conv.stride_h > 2 ||
      conv.stride_w > 2 || conv.pad_top > 2 || conv.pad_left > 2 || conv.input_shape.c != conv.output_shape.c) {
    return false;
  }
  const ChannelWeights weights = channel_weights(program, op.kind, conv);
  std::optional<Scales> scales = requantizations(program, conv, weights);
  if (!scales.has_value() || !sums_fit(weights, *scales, scalar::kDepthwiseHeadroom) ||
      !add_headroom(*scales, scalar::kDepthwiseHeadroom)) {
    return false;
  }
  Bytes bytes;
  for (const std::vector<std::int8_t>& channel : weights) bytes.insert(bytes.end(), channel.begin(), channel.end());
  conv.weights = program.add_constant(std::move(bytes));
  conv.bias = add_block(program, *scales);
  conv.multipliers = conv.shifts = packed::kNone;
  op.kernel = scalar::kDepthwise3x3;
  op.kernel_name = "scalar depthwise";
  op.params = conv;
  return true;
}

// The input of the larger scale, whose multiplier is an exact half, comes first.
bool lay_out_add(LoweredOperator& op) {
  packed::BinaryParams add = std::get<packed::BinaryParams>(op.params);
  const auto is_half = [](std::int32_t multiplier, std::int32_t shift) {
    return multiplier == scalar::kHalf && shift == 0;
  };
  if (!is_half(add.input1_multiplier, add.input1_shift)) {
    std::swap(add.input1, add.input2);
    std::swap(add.strides1, add.strides2);
    std::swap(add.input1_offset, add.input2_offset);
    std::swap(add.input1_multiplier, add.input2_multiplier);
    std::swap(add.input1_shift, add.input2_shift);
  }
  std::int32_t stride = 1;
  for (int axis = packed::kMaxRank - 1; axis >= 0; --axis) {
    if (add.dims[axis] != 1 && (add.strides1[axis] != stride || add.strides2[axis] != stride)) return false;
    stride *= add.dims[axis];
  }
  if (add.left_shift != scalar::kAddLeftShift || !is_half(add.input1_multiplier, add.input1_shift) ||
      add.input2_multiplier < 0 || -add.input2_shift > scalar::kMaxAddShift ||
      -add.output_shift < packed::kMinRightShift || -add.output_shift > scalar::kMaxAddShift) {
    return false;
  }
  op.kernel = scalar::kAddSameShape;
  op.kernel_name = "scalar add";
  op.params = add;
  return true;
}

bool lay_out_average_pool(LoweredOperator& op) {
  const auto& pool = std::get<packed::PoolParams>(op.params);
  if (pool.output_shape.h != 1 || pool.output_shape.w != 1 || pool.pad_top != 0 || pool.pad_left != 0 ||
      pool.filter_h != pool.input_shape.h || pool.filter_w != pool.input_shape.w ||
      pool.input_shape.c % scalar::kWordChannels != 0 ||
      pool.input_shape.h * pool.input_shape.w > scalar::kMaxAveragedPixels) {
    return false;
  }
  op.kernel = scalar::kAveragePoolGlobal;
  op.kernel_name = "scalar global average";
  return true;
}

bool lay_out(Program& program, LoweredOperator& op, packed::Core core) {
  switch (op.kind) {
    case packed::OperatorKind::kConv2d:
      return lay_out_conv(program, op, std::get<packed::ConvParams>(op.params), core);
    case packed::OperatorKind::kFullyConnected: {
      const std::optional<packed::ConvParams> conv =
          as_convolution(program, std::get<packed::FullyConnectedParams>(op.params));
      return conv.has_value() && lay_out_conv(program, op, *conv, core);
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

}  // namespace

// rv32imac stands for Cortex-M3: their layouts are the same.
bool lay_out_for_scalar(Program& program, LoweredOperator& op) { return lay_out(program, op, packed::Core::kRv32imac); }
bool lay_out_for_cortex_m0(Program& program, LoweredOperator& op) {
  return lay_out(program, op, packed::Core::kCortexM0);
}

}  // namespace tinyrig::model
