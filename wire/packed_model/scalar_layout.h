// How images for cores with 32-bit multiplication alone (Cortex-M0 and M3, rv32imac) are laid out: what the packer
// (server/model/layout_scalar.cpp) writes and the kernels (agent_firmware/engine/kernels/scalar) read.
#pragma once

#include <cstdint>

#include "wire/packed_model/format.h"

namespace tinyrig::packed::scalar {

// Variants of the kernel for a kind of operator.
inline constexpr KernelVariant kConvNarrow = 1;         // of kConv2d: every sum of a channel fits a lane
inline constexpr KernelVariant kConvWide = 2;           // of kConv2d: sums are put together from several lanes' worth
inline constexpr KernelVariant kDense = 3;              // of kConv2d: one output pixel at a time
inline constexpr KernelVariant kDepthwise3x3 = 1;       // of kDepthwiseConv2d
inline constexpr KernelVariant kAddSameShape = 1;       // of kAdd
inline constexpr KernelVariant kAveragePoolGlobal = 1;  // of kAveragePool2d

// Three pixels share two words, and one multiplication of each by a weight multiplies all three:
//   outer = a + b * 2^21, inner = c + b * 2^10, all mod 2^32
// Sums of such products are words of the same form, of which the three sums can be told apart as long as each
// is in [-2^20, 2^20): see lanes.h.
inline constexpr int kOuterLaneShift = 21;
inline constexpr int kInnerLaneShift = 10;
inline constexpr std::int32_t kLaneLimit = 1 << 20;
inline constexpr std::uint32_t kLanePixels = 3;
inline constexpr std::uint32_t kLaneWords = 2;

// Requantization of these kernels: the sum is kept shifted left, as far as it allows, so that the high half of its
// product with the multiplier still holds the bits that are rounded away:
//   high = (((sum + bias) << headroom) * multiplier) >> 32
//   scaled = (high + 2^(headroom - 2)) >> (headroom - 1)
// Requantization then holds bias << headroom, the multiplier, 2^(headroom - 2) + (rounding << (headroom - 1)), and
// shift + headroom - 1.
inline constexpr int kNarrowHeadroom = 11;    // |sum + bias| < 2^20
inline constexpr int kWideHeadroom = 2;       // |sum + bias| < 2^29
inline constexpr int kDepthwiseHeadroom = 8;  // |sum + bias| < 2^23

// kConvNarrow, kConvWide: output channels in blocks of four; a block begins at channel min(4 * i, channels - 4).
// For each block in turn
//   kConvNarrow: a segment
//   kConvWide: the number of segments, then segments, each of whose sums fits a lane
//   segment: the number of runs (at least 1), then runs
//   run: (bytes << 16) | first tap, then a weight of each of the block's channels for every tap; bytes in all
// Taps are in the order ky, kx, channel. What no run holds is 0. Runs hold kRunTaps taps or a multiple.
inline constexpr std::uint32_t kBlockChannels = 4;
inline constexpr std::uint32_t kRunTaps = 2;
inline constexpr std::uint32_t kMaxTaps = 2048;
inline constexpr std::uint32_t kMaxRunBytes = 0xFFFF / (kRunTaps * kBlockChannels) * (kRunTaps * kBlockChannels);

// As many triples of pixels at a time as a core has registers for their sums; each tap has their words beside each
// other. Then a pixel of the input's zero point.
constexpr std::uint32_t max_triples(Core core) { return core == Core::kCortexM0 ? 1 : 2; }
constexpr std::uint32_t padded_taps(std::uint32_t taps) { return (taps + kRunTaps - 1) / kRunTaps * kRunTaps; }
constexpr std::uint32_t conv_scratch_words(std::uint32_t taps, std::uint32_t input_channels, std::uint32_t triples) {
  return padded_taps(taps) * triples * kLaneWords + (input_channels + 3) / 4;
}

// kDense: kWideHeadroom; each pixel's inputs lie beside each other. A word holds four channels' weights of a tap, w +
// 128 in each byte. Channels in blocks of kDenseWords words, then in blocks of one (the last filled up with weights of
// 0); in each block the words of a tap beside each other, tap after tap. Sums stay in [-2^23, 2^23).
inline constexpr std::uint32_t kDenseWords = 4;
inline constexpr std::uint32_t kWordChannels = 4;
inline constexpr std::int32_t kDenseLimit = 1 << 23;

// kDepthwise3x3: kDepthwiseHeadroom, no dilation, strides and paddings up to 2. Weights [channel][ky][kx].

// kAddSameShape: input 1 is multiplied by a half, with no shift after it; input 2 is added.
inline constexpr std::int32_t kAddLeftShift = 20;
inline constexpr std::int32_t kHalf = 1 << 30;
inline constexpr std::int32_t kMaxAddShift = 21;

// kAveragePoolGlobal: sums of this many uint8 fit 16 bits.
inline constexpr std::int32_t kMaxAveragedPixels = 257;

// Right shift of any of these kernels, headroom included.
inline constexpr std::int32_t kMaxShift = 31;

}  // namespace tinyrig::packed::scalar
