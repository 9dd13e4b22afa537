// The inner loops of DEPTHWISE_CONV_2D (depthwise_blocks.S): one or two rows of outputs, channel by channel, from a
// tile of four rows of input.
#pragma once

#include <cstdint>

#include "wire/packed_model/helium.h"

namespace tinyrig::engine::helium {

// Known to depthwise_blocks.S by offset. It moves channels, tile and output along as it goes.
struct DepthwiseBlocks {
  const packed::helium::DepthwiseChannel* channels;
  const packed::helium::DepthwiseChannel* channels_end;
  const std::int8_t* tile;  // [column][channel][row], of words
  std::int8_t* output;
  std::int32_t tile_step;          // from a load of the tile to the next
  std::int32_t output_step;        // from a block's outputs to those of the next
  std::int32_t blocks;             // whole ones
  std::int32_t rest;               // outputs in one more block: 0 to 3, of two rows 0 or 2
  std::int32_t tile_offsets[4];    // of the four columns in the tile
  std::int32_t output_offsets[4];  // of a block's four outputs
  std::int32_t activation_min, activation_max;
};
static_assert(sizeof(void*) != 4 || sizeof(DepthwiseBlocks) == 72);

extern "C" {
// A block of 2 rows x 2 columns of outputs, of 1 row x 4 columns. The _relu form is for outputs with zero point
// -128, clamped to all of int8.
void tinyrig_helium_depthwise_2x2(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_2x2_relu(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_relu(DepthwiseBlocks* work);
}

}  // namespace tinyrig::engine::helium
