// AVERAGE_POOL_2D and MAX_POOL_2D: sums of 4 channels in int32 lanes, maxima of 16 in int8 lanes; 4 instructions for
// each cell of a window.
//
// Counts and cycles: a load of 4 bytes costs the core as much as one of 16. Division is scalar, once an output.
#include <arm_mve.h>

#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/window.h"

namespace tinyrig::engine {
namespace {

// The cells of one window: `rows` of `columns` pixels.
struct Window {
  const std::int8_t* first;
  std::int32_t rows, columns;
  std::int32_t pixel_bytes, row_bytes;
};

bool check(const packed::PoolParams& p, const Bounds& bounds) {
  return portable::kAveragePool2d.check(&p, sizeof p, bounds);
}

// Both compute a vector of channels, `channels` of it at most.
struct Average {
  static constexpr std::int32_t kChannels = 4;

  static void run(const packed::PoolParams& p, const Window& window, std::int8_t* output, std::int32_t channels) {
    const mve_pred16_t some = vctp32q(static_cast<std::uint32_t>(channels));
    int32x4_t sums = vdupq_n_s32(0);
    const std::int8_t* row = window.first;
    for (std::int32_t y = 0; y < window.rows; ++y, row += window.row_bytes) {
      const std::int8_t* cell = row;
      for (std::int32_t x = 0; x < window.columns; ++x, cell += window.pixel_bytes) {
        sums = vaddq_s32(sums, vldrbq_z_s32(cell, some));
      }
    }
    std::int32_t lanes[kChannels];
    vst1q_s32(lanes, sums);
    const std::int32_t count = window.rows * window.columns;
    const std::int32_t half = count / 2;
    for (std::int32_t c = 0; c < channels && c < kChannels; ++c) {
      const std::int32_t rounded = lanes[c] > 0 ? wrapping_add(lanes[c], half) : wrapping_sub(lanes[c], half);
      output[c] = static_cast<std::int8_t>(clamp(rounded / count, p.activation_min, p.activation_max));
    }
  }
};

struct Maximum {
  static constexpr std::int32_t kChannels = 16;

  static void run(const packed::PoolParams& p, const Window& window, std::int8_t* output, std::int32_t channels) {
    const mve_pred16_t some = vctp8q(static_cast<std::uint32_t>(channels));
    int8x16_t largest = vdupq_n_s8(static_cast<std::int8_t>(p.activation_min));
    const std::int8_t* row = window.first;
    for (std::int32_t y = 0; y < window.rows; ++y, row += window.row_bytes) {
      const std::int8_t* cell = row;
      for (std::int32_t x = 0; x < window.columns; ++x, cell += window.pixel_bytes) {
        largest = vmaxq_m_s8(largest, largest, vldrbq_z_s8(cell, some), some);
      }
    }
    vstrbq_p_s8(output, vminq_s8(largest, vdupq_n_s8(static_cast<std::int8_t>(p.activation_max))), some);
  }
};

template <typename Reduction>
void run(const packed::PoolParams& p, const Memory& memory) {
  const std::int32_t depth = p.input_shape.c;
  const std::int32_t row_bytes = p.input_shape.w * depth;
  auto* output = memory.write<std::int8_t>(p.output);
  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * p.input_shape.h * row_bytes;
    for (std::int32_t out_y = 0; out_y < p.output_shape.h; ++out_y) {
      const std::int32_t y0 = out_y * p.stride_h - p.pad_top;
      const Taps rows = taps_inside(y0, 1, p.filter_h, p.input_shape.h);
      for (std::int32_t out_x = 0; out_x < p.output_shape.w; ++out_x, output += depth) {
        const std::int32_t x0 = out_x * p.stride_w - p.pad_left;
        const Taps columns = taps_inside(x0, 1, p.filter_w, p.input_shape.w);
        Window window{image + (y0 + rows.begin) * row_bytes + (x0 + columns.begin) * depth, rows.end - rows.begin,
                      columns.end - columns.begin, depth, row_bytes};
        for (std::int32_t c = 0; c < depth; c += Reduction::kChannels) {
          Reduction::run(p, window, output + c, depth - c);
          window.first += Reduction::kChannels;
        }
      }
    }
  }
}

}  // namespace

constexpr Kernel helium::kAveragePool = make_kernel<packed::PoolParams, check, run<Average>>();
constexpr Kernel helium::kMaxPool = make_kernel<packed::PoolParams, check, run<Maximum>>();

}  // namespace tinyrig::engine
