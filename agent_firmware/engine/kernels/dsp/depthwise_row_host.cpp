// depthwise_row.h for hosts: the same values by the same steps, so that tests and sanitizers reach the kernel.
#include "agent_firmware/engine/kernels/dsp/depthwise_row.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"

namespace tinyrig::engine::dsp {
namespace {

std::int32_t channel_of(const std::uint32_t* words, int channel) {
  return static_cast<std::int16_t>(words[channel % 2] >> (channel / 2 * 16));
}

void run_row(const DepthwiseRow& row, int stride) {
  const std::int32_t pixels = 2 * row.pixel_pairs + row.odd_pixel;
  for (std::int32_t pixel = 0; pixel < pixels; ++pixel) {
    for (int c = 0; c < 4; ++c) {
      std::int32_t sum = 0;
      for (int tap = 0; tap < 9; ++tap) {
        const std::uint32_t* column = row.rows[tap / 3] + 2 * (pixel * stride + tap % 3);
        sum = wrapping_add(sum, channel_of(column, c) * channel_of(row.weights + 2 * tap, c));
      }
      const std::int32_t value = requantize_doubled(row.scales[c], wrapping_shift_left(sum, 1));
      row.output[pixel * row.output_stride + c] =
          static_cast<std::int8_t>(clamp(value, row.activation_min, row.activation_max));
    }
  }
}

}  // namespace

extern "C" void tinyrig_dsp_depthwise_row_stride_1(const DepthwiseRow* row) { run_row(*row, 1); }
extern "C" void tinyrig_dsp_depthwise_row_stride_2(const DepthwiseRow* row) { run_row(*row, 2); }

}  // namespace tinyrig::engine::dsp
