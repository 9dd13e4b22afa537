// The two inner blocks of a convolution with the DSP extension: dot products of widened inputs with packed
// weights, requantized and stored. Written in assembly (conv_block.S) because they need all fourteen
// registers; conv_block_host.cpp says the same in C++ and lets tests run them on the host.
//
// Two channels a and b share one weight word: each half holds 256 * a + b of one tap, which fits 16 bits.
//   SMLAD with the word itself sums 256 * A + B;  SMLAD with its low bytes (one SXTB16) sums B.
// So A = (first - B) / 256 exactly, as long as |A| < 2^23, which the packer proves. That is one extraction
// for four weights, where int8 pairs need two.
//
// Taps come in the order in which SXTB16 widens a word of four input bytes: pairs (0, 2) and (1, 3).
#pragma once

#include <cstdint>

#include "wire/packed_model/dsp_layout.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine::dsp {

inline constexpr int kBlockPixels = packed::dsp::kBlockPixels;

// One call does every pair of channels. Offsets of fields are known to conv_block.S.
struct ConvBlock {
  const std::uint32_t* inputs;  // 4 pixels: [tap pair][pixel]; 1 pixel: [tap pair]
  const std::uint32_t* inputs_end;
  const std::uint32_t* weights;          // [channel pair][tap pair]
  const packed::Requantization* scales;  // [channel]; bias is doubled
  std::int8_t* output;                   // first channel of the first pixel
  const std::int8_t* output_end;         // after the last channel of the first pixel; an even number of channels
  std::int32_t output_stride;            // bytes from pixel to pixel
  std::int32_t clamped;                  // 0: the range is that of int8
  std::int32_t activation_min, activation_max;
};

extern "C" {
// At least one tap pair and one pair of channels.
void tinyrig_dsp_conv_4_pixels(const tinyrig::engine::dsp::ConvBlock* block);
void tinyrig_dsp_conv_1_pixel(const tinyrig::engine::dsp::ConvBlock* block);
}

}  // namespace tinyrig::engine::dsp
