// Dot products of weights with columns of taps, requantized to int8: the inner loops of CONV_2D
// (dot_products.S). A column is the taps of one output pixel, in whole vectors.
#pragma once

#include <cstdint>

#include "wire/packed_model/helium.h"

namespace tinyrig::engine::helium {

// Known to dot_products.S by offset. It moves the first four along as it goes.
struct DotProducts {
  const packed::helium::Scales* scales;
  const std::int8_t* weights;
  std::int8_t* output;            // the first of a pixel's channels
  const std::int8_t* output_end;  // tinyrig_helium_dot_4x3: where the first stream's outputs end
  std::int32_t output_channels;   // still to be computed
  std::int32_t pixel_bytes;       // of an output pixel
  std::int32_t stream_bytes;      // from one stream's outputs to those of the next
  std::int32_t more_steps;        // vectors in a column after the first
  const std::int8_t* columns[3];  // of each stream; they lie one after another
  std::int32_t activation_min, activation_max;
};
static_assert(sizeof(void*) != 4 || sizeof(DotProducts) == 52);

extern "C" {
// All channels of three streams of pixels; of one pixel (columns[0]). The _relu form is for outputs with zero
// point -128, clamped to all of int8.
void tinyrig_helium_dot_4x3(DotProducts* work);
void tinyrig_helium_dot_4x3_relu(DotProducts* work);
void tinyrig_helium_dot_4x1(DotProducts* work);
void tinyrig_helium_dot_4x1_relu(DotProducts* work);
}

}  // namespace tinyrig::engine::helium
