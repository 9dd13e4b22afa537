// The inner loops of DEPTHWISE_CONV_2D (depthwise_blocks.S): one or two rows of outputs, channel by channel, from a
// tile of four rows of input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/packed_model/helium.h"

namespace tinyrig::engine::helium {

// Known to depthwise_blocks.S by offset. It moves channels, tile and output along as it goes.
struct DepthwiseBlocks {
  const std::byte* channels;  // records of packed::helium::DepthwiseScale and taps
  const std::byte* channels_end;
  const std::int8_t* tile;  // [column][channel][row], of words
  std::int8_t* output;
  std::int32_t tile_step;    // from a window to the next
  std::int32_t output_step;  // from a block's outputs to those of the next
  std::int32_t blocks;       // whole ones
  std::int32_t rest;         // outputs in one more block: 0 to 3, of two rows 0 or 2
  std::int32_t patch_offsets[packed::helium::kMostPatches - 1];  // in the tile, after the first
  std::int32_t activation_min, activation_max;
  std::int32_t tile_offsets[4];    // of a patch's four columns
  std::int32_t output_offsets[4];  // of a block's four outputs
  const std::byte* channel;        // the one at hand
};
static_assert(sizeof(void*) != 4 || sizeof(DepthwiseBlocks) == 88);

extern "C" {
// A block of 2 rows x 2 columns of outputs; of 1 row x 4 columns, with 1, 2 or 4 patches of taps. The _relu form is for
// outputs with zero point -128, clamped to all of int8.
void tinyrig_helium_depthwise_2x2(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_2x2_relu(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_1(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_1_relu(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_2(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_2_relu(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_4(DepthwiseBlocks* work);
void tinyrig_helium_depthwise_1x4_4_relu(DepthwiseBlocks* work);
}

}  // namespace tinyrig::engine::helium
