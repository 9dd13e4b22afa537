// AVERAGE_POOL_2D and MAX_POOL_2D: sums of 8 channels in int16 lanes, maxima of 16 in int8 lanes; 5 instructions for
// each cell of a window.
//
// Counts and cycles: a load of 8 bytes costs the core as much as one of 16.
#include <arm_mve.h>

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
  static constexpr std::int32_t kChannels = 8;

  static void run(const packed::PoolParams& p, const Window& window, std::int8_t* output, std::int32_t channels) {
    int32x4_t even = vdupq_n_s32(0), odd = vdupq_n_s32(0);
    const std::int8_t* row = window.first;
    for (std::int32_t y = 0; y < window.rows; ++y, row += window.row_bytes) {
      const std::int8_t* cell = row;
      for (std::int32_t left = window.columns; left > 0; left -= kSummable) {
        const int16x8_t sums = sum(cell, window.pixel_bytes, left < kSummable ? left : kSummable, channels);
        even = vaddq_s32(even, vmovlbq_s16(sums));
        odd = vaddq_s32(odd, vmovltq_s16(sums));
        cell += kSummable * window.pixel_bytes;
      }
    }
    const std::int32_t count = window.rows * window.columns;
    int16x8_t means = vmovntq_s32(vmovnbq_s32(vdupq_n_s16(0), divide(even, count)), divide(odd, count));
    means = vmaxq_s16(means, vdupq_n_s16(static_cast<std::int16_t>(p.activation_min)));
    means = vminq_s16(means, vdupq_n_s16(static_cast<std::int16_t>(p.activation_max)));
    vstrbq_p_s16(output, means, vctp16q(static_cast<std::uint32_t>(channels)));
  }

  static constexpr std::int32_t kSummable = 256;  // int8 whose sum fits in int16

  static int16x8_t sum(const std::int8_t* cell, std::int32_t pixel_bytes, std::int32_t count, std::int32_t channels) {
    int16x8_t sums = vdupq_n_s16(0);
    asm volatile(
        "  vctp.16 %[channels]\n"
        "  dls lr, %[count]\n"
        "1:vpst\n"
        "  vldrbt.s16 q0, [%[cell]]\n"
        "  add %[cell], %[cell], %[pixel_bytes]\n"
        "  vadd.i16 %q[sums], %q[sums], q0\n"
        "  le lr, 1b\n"
        : [sums] "+w"(sums), [cell] "+l"(cell)
        : [pixel_bytes] "r"(pixel_bytes), [count] "r"(count), [channels] "r"(channels)
        : "q0", "lr", "memory");
    return sums;
  }

  // Halves away from zero. The quotient of a multiplication by 2^32 / count, rounded down, is right or one too small:
  // sums of int8 in a board's memory are far from 2^31.
  static int32x4_t divide(int32x4_t sums, std::int32_t count) {
    const auto divisor = static_cast<std::uint32_t>(count);
    const uint32x4_t magnitudes = vaddq_n_u32(vreinterpretq_u32_s32(vabsq_s32(sums)), divisor / 2);
    const uint32x4_t quotients = vmulhq_u32(magnitudes, vdupq_n_u32(0xFFFFFFFFU / divisor));
    const uint32x4_t rests = vsubq_u32(magnitudes, vmulq_n_u32(quotients, divisor));
    const uint32x4_t right = vaddq_m_n_u32(quotients, quotients, 1, vcmpcsq_n_u32(rests, divisor));
    const int32x4_t result = vreinterpretq_s32_u32(right);
    return vnegq_m_s32(result, result, vcmpltq_n_s32(sums, 0));
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
        if (window.columns == p.input_shape.w) {  // whole rows lie one after another
          window.columns *= window.rows;
          window.rows = 1;
        }
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
