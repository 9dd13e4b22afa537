// conv_block.h for hosts: the same values by the same steps, so that tests and sanitizers reach the kernels.
#include "agent_firmware/engine/kernels/dsp/conv_block.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"

namespace tinyrig::engine::dsp {
namespace {

void store_pair(const ConvBlock& block, std::int32_t first, std::int32_t low, const packed::Requantization* scales,
                std::int8_t* output) {
  const std::int32_t a = wrapping_sub(first, low) >> 7;
  const std::int32_t b = wrapping_shift_left(low, 1);
  output[0] =
      static_cast<std::int8_t>(clamp(requantize_doubled(scales[0], a), block.activation_min, block.activation_max));
  output[1] =
      static_cast<std::int8_t>(clamp(requantize_doubled(scales[1], b), block.activation_min, block.activation_max));
}

void run_block(const ConvBlock& block, int pixels) {
  const std::uint32_t* weights = block.weights;
  const packed::Requantization* scales = block.scales;
  for (std::int8_t* output = block.output; output != block.output_end; output += 2, scales += 2) {
    const std::uint32_t* end = nullptr;
    for (int pixel = 0; pixel < pixels; ++pixel) {
      std::int32_t first = 0;
      std::int32_t low = 0;
      const std::uint32_t* taps = weights;
      for (const std::uint32_t* input = block.inputs + pixel; input < block.inputs_end; input += pixels, ++taps) {
        first = multiply_add_halves(*input, *taps, first);
        low = multiply_add_halves(*input, even_bytes(*taps), low);
      }
      end = taps;
      store_pair(block, first, low, scales, output + pixel * block.output_stride);
    }
    weights = end;
  }
}

}  // namespace

extern "C" void tinyrig_dsp_conv_4_pixels(const ConvBlock* block) { run_block(*block, kBlockPixels); }
extern "C" void tinyrig_dsp_conv_1_pixel(const ConvBlock* block) { run_block(*block, 1); }

}  // namespace tinyrig::engine::dsp
