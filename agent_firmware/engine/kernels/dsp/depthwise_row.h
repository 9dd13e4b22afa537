// The inner block of a depthwise convolution with the DSP extension: one output row of four channels. Written in
// assembly (depthwise_row.S) because it needs all fourteen registers; depthwise_row_host.cpp says the same in
// C++ and lets tests run it on the host.
#pragma once

#include <cstdint>

#include "wire/packed_model/params.h"

namespace tinyrig::engine::dsp {

// Inputs and weights are widened: two words for four channels, halves (0, 2) and (1, 3).
// Offsets of fields are known to depthwise_row.S.
struct DepthwiseRow {
  const std::uint32_t* rows[3];          // the three input rows at the first pixel's first column
  const std::uint32_t* weights;          // [3][3][2]
  const packed::Requantization* scales;  // of the four channels; bias is doubled
  std::int8_t* output;                   // the four channels of the first pixel
  std::int32_t output_stride;            // bytes from pixel to pixel
  std::int32_t pixel_pairs;
  std::int32_t odd_pixel;  // 1: one more pixel after the pairs
  std::int32_t clamped;    // 0: the range is that of int8
  std::int32_t activation_min, activation_max;
};

extern "C" {
void tinyrig_dsp_depthwise_row_stride_1(const tinyrig::engine::dsp::DepthwiseRow* row);
void tinyrig_dsp_depthwise_row_stride_2(const tinyrig::engine::dsp::DepthwiseRow* row);
}

}  // namespace tinyrig::engine::dsp
