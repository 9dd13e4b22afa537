// How images for Cortex-M4, M7 and M33 are laid out: what the packer (server/model/layout_dsp.cpp) writes and the
// kernels (agent_firmware/engine/kernels/dsp) read.
#pragma once

#include <cstdint>

#include "wire/packed_model/format.h"

namespace tinyrig::packed::dsp {

// Variants of the kernel for a kind of operator. Bias in Requantization is doubled in all of them.
inline constexpr KernelVariant kConv2dBlocked = 1;      // of kConv2d: two channels in a weight word
inline constexpr KernelVariant kDepthwise3x3 = 1;       // of kDepthwiseConv2d
inline constexpr KernelVariant kAddSameShape = 1;       // of kAdd
inline constexpr KernelVariant kAveragePoolGlobal = 1;  // of kAveragePool2d

// kConv2dBlocked. A weight word holds two taps of channels a and b: halves 256 * a + b, taps (0, 2) and (1, 3) of
// each group of four, as SXTB16 widens them. Sums of channel a stay below 2^23 in magnitude, and no half
// leaves 16 bits.
inline constexpr std::uint32_t kMaxConvTaps = 1U << 20;
inline constexpr std::int64_t kMaxFirstSum = (std::int64_t{1} << 23) - 1;
inline constexpr std::uint32_t kBlockPixels = 4;

constexpr std::uint32_t conv_tap_pairs(std::uint32_t taps) { return (taps + 3) / 4 * 2; }

// Columns of widened taps, and a patch of bytes where the input's rows do not come in whole words.
constexpr std::uint32_t conv_scratch_words(std::uint32_t taps, std::uint32_t input_channels, std::uint64_t pixels) {
  const std::uint32_t pairs = conv_tap_pairs(taps);
  return pairs * (pixels < kBlockPixels ? 1 : kBlockPixels) + (input_channels % 4 == 0 ? 0 : pairs / 2);
}

// kDepthwise3x3: scratch holds nine widened weights of four channels, then three padded rows of them.
inline constexpr std::uint32_t kDepthwiseWeightWords = 18;
constexpr std::int32_t depthwise_columns(std::int32_t output_w, std::int32_t stride_w) {
  return (output_w - 1) * stride_w + 3;
}
constexpr std::uint32_t depthwise_scratch_words(std::int32_t output_w, std::int32_t stride_w) {
  return kDepthwiseWeightWords + 3 * 2 * static_cast<std::uint32_t>(depthwise_columns(output_w, stride_w));
}

// kAddSameShape: input 1 is multiplied by a half, with no shift after it.
inline constexpr std::int32_t kAddLeftShift = 20;
inline constexpr std::int32_t kHalf = 1 << 30;

// kAveragePoolGlobal: sums of this many int8 fit 16 bits.
inline constexpr std::int32_t kMaxAveragedPixels = 255;

}  // namespace tinyrig::packed::dsp
