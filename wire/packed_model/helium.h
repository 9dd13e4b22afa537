// What the packer and the kernels for Cortex-M55 (Helium) agree on beyond params.h: the order of constants and
// the size of scratch. Vectors are 16 bytes.
#pragma once

#include <cstdint>

#include "wire/packed_model/format.h"
#include "wire/packed_model/params.h"

namespace tinyrig::packed::helium {

inline constexpr std::int32_t kVectorBytes = 16;
inline constexpr std::int32_t kGroupChannels = 4;  // output channels that are computed together

// packed::Requantization of four channels, each field a vector. left_shift = 24 - shift: a saturating shift then
// leaves the output, clamped to int8, in the top byte. Channels that fill the last group up are zeros.
struct Scales {
  std::int32_t bias[kGroupChannels], multiplier[kGroupChannels], rounding[kGroupChannels], left_shift[kGroupChannels];
};
static_assert(sizeof(Scales) == 64);
inline constexpr std::int32_t kOutputBit = 24;

// kConv2d, variant 1. ConvParams::bias refers to Scales[groups], multipliers and shifts are kNone. Weights, for
// each group of channels a, b, c, d: the taps (ky, kx, input channel) of a and c by turns, 16 of each, then
// those of b and d. Zeros fill up the last taps and channels.
inline constexpr KernelVariant kConvolution = 1;

constexpr std::int32_t convolution_groups(const ConvParams& p) {
  return p.output_shape.c / kGroupChannels + (p.output_shape.c % kGroupChannels != 0 ? 1 : 0);
}

// Vectors of taps for one output. The product of the three must fit in int32.
constexpr std::int32_t convolution_steps(const ConvParams& p) {
  const std::int32_t taps = p.kernel_h * p.kernel_w * p.input_shape.c;
  return taps / kVectorBytes + (taps % kVectorBytes != 0 ? 1 : 0);
}

// Each pixel of the input is, as it lies, all the taps of one output pixel.
constexpr bool convolution_is_direct(const ConvParams& p) {
  return p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 && p.pad_top == 0 &&
         p.pad_left == 0 && p.input_shape.h == p.output_shape.h && p.input_shape.w == p.output_shape.w &&
         p.input_shape.c % kVectorBytes == 0;
}

// Otherwise the taps of so many output pixels at a time are gathered in scratch, convolution_steps vectors each:
// three at least, for the blocks of three pixels, and no more than there are.
constexpr std::int64_t convolution_columns(const ConvParams& p) {
  constexpr std::int32_t kScratchBytes = 2048, kBlockPixels = 3;
  const std::int64_t pixels = std::int64_t{p.output_shape.n} * p.output_shape.h * p.output_shape.w;
  const std::int64_t blocks = kScratchBytes / (std::int64_t{kBlockPixels} * kVectorBytes * convolution_steps(p));
  const std::int64_t columns = kBlockPixels * (blocks < 1 ? 1 : blocks);
  return columns < pixels ? columns : pixels;
}

}  // namespace tinyrig::packed::helium
