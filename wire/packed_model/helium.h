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

// kDepthwiseConv2d, variant 1: kernels of at most four patches of 4x4 taps, depth multiplier 1. ConvParams::weights
// refers to a record for each channel: a DepthwiseScale and taps; bias, multipliers and shifts are kNone.
inline constexpr KernelVariant kDepthwise = 1;

struct DepthwiseScale {
  std::int32_t bias, multiplier, rounding, left_shift;  // as in Scales
};
static_assert(sizeof(DepthwiseScale) == 16);
inline constexpr std::int32_t kPatch = 4;  // rows and columns
inline constexpr std::int32_t kMostPatches = 4;

constexpr std::int32_t depthwise_patch_rows(const ConvParams& p) { return (p.kernel_h + kPatch - 1) / kPatch; }
constexpr std::int32_t depthwise_patch_columns(const ConvParams& p) { return (p.kernel_w + kPatch - 1) / kPatch; }
// 1, 2 or 4; the last of 4 may be of zeros.
constexpr std::int32_t depthwise_patches(const ConvParams& p) {
  const std::int32_t patches = depthwise_patch_rows(p) * depthwise_patch_columns(p);
  return patches == 3 ? 4 : patches;
}

// Two rows of two outputs are computed from one patch of the input; otherwise one row of four outputs.
constexpr bool depthwise_is_two_rows(const ConvParams& p) {
  return p.stride_h == 1 && p.stride_w == 1 && p.dilation_h == 1 && p.dilation_w == 1 && p.kernel_h <= 3 &&
         p.kernel_w <= 3 && p.output_shape.h >= 2;
}

// Taps of a patch: columns of four rows, with zeros below and beside the kernel. Patches by row. For two rows of
// outputs the one patch has five zeros before it and three after it: a vector read one byte before it has the taps one
// row further down, one read four bytes before it one column further to the right.
inline constexpr std::int32_t kTwoRowsOffset = 5;
constexpr std::int32_t depthwise_taps_bytes(const ConvParams& p) {
  return depthwise_is_two_rows(p) ? kTwoRowsOffset + kVectorBytes + 3 : depthwise_patches(p) * kVectorBytes;
}

// Scratch: for each row of patches a tile of four rows of the input, [column][channel][row], from the column where the
// first window begins to where the last block ends; what the last store of it spills over; a row of the input's
// zero point. Wide images are cut: a row of output is then computed from one set of tiles after the other.
inline constexpr std::int64_t kWholeTilesBytes = 5120, kCutTilesBytes = 3072;

constexpr std::int64_t depthwise_block_columns(const ConvParams& p) { return depthwise_is_two_rows(p) ? 2 : 4; }
// Columns of a tile for so many neighbouring outputs.
constexpr std::int64_t depthwise_columns(const ConvParams& p, std::int64_t outputs) {
  if (depthwise_is_two_rows(p)) return outputs + 2;
  const std::int64_t reach = (std::int64_t{kPatch} * depthwise_patch_columns(p) - 1) * p.dilation_w;
  return (outputs - 1) * p.stride_w + reach + 1;
}
// Outputs of a row that are computed from one set of tiles: whole blocks.
constexpr std::int64_t depthwise_tile_outputs(const ConvParams& p) {
  const std::int64_t block = depthwise_block_columns(p);
  const std::int64_t all = (p.output_shape.w + block - 1) & -block;  // blocks are powers of two
  const std::int64_t column_bytes = std::int64_t{depthwise_patch_rows(p)} * kPatch * p.input_shape.c;
  if (depthwise_columns(p, all) * column_bytes <= kWholeTilesBytes) return all;
  const std::int64_t spare_columns = kCutTilesBytes / column_bytes - depthwise_columns(p, block);
  const std::int64_t further_blocks = spare_columns < 0 ? 0 : spare_columns / (block * p.stride_w);
  const std::int64_t outputs = block * (1 + further_blocks);
  return outputs < all ? outputs : all;
}
constexpr std::int64_t depthwise_tile_columns(const ConvParams& p) {
  return depthwise_columns(p, depthwise_tile_outputs(p));
}
constexpr std::int64_t depthwise_tile_bytes(const ConvParams& p) {
  return depthwise_tile_columns(p) * p.input_shape.c * kPatch;
}
constexpr std::int64_t depthwise_zeros_bytes(const ConvParams& p) {
  const std::int64_t columns = depthwise_tile_columns(p);
  return (columns < p.input_shape.w ? columns : p.input_shape.w) * p.input_shape.c;
}
constexpr std::int64_t depthwise_scratch_bytes(const ConvParams& p) {
  return depthwise_patch_rows(p) * depthwise_tile_bytes(p) + std::int64_t{kPatch} * kVectorBytes +
         depthwise_zeros_bytes(p);
}

// kAdd, variant 1: ADD of two tensors of one shape, not SUB. Each operand is halved or shifted to the right; when one
// is halved, it is the first. Output shift as a Requantization's.
inline constexpr KernelVariant kAddition = 1;

constexpr bool add_halves(std::int32_t multiplier, std::int32_t shift) { return multiplier == 1 << 30 && shift == 0; }

constexpr bool is_addition(const BinaryParams& p) {
  std::int64_t stride = 1;
  for (std::int32_t i = kMaxRank - 1; i >= 0; --i) {
    if (p.dims[i] != 1 && (p.strides1[i] != stride || p.strides2[i] != stride)) return false;
    stride *= p.dims[i];  // the product fits in int32
  }
  const auto scalable = [](std::int32_t multiplier, std::int32_t shift) {
    return multiplier >= 0 && (shift < 0 || add_halves(multiplier, shift));
  };
  return scalable(p.input1_multiplier, p.input1_shift) && scalable(p.input2_multiplier, p.input2_shift) &&
         p.left_shift >= 1 && -p.output_shift >= kMinRightShift && -p.output_shift <= kMaxRightShift;
}

// kAveragePool2d and kMaxPool2d, variant 1: any.
inline constexpr KernelVariant kPool = 1;

}  // namespace tinyrig::packed::helium
