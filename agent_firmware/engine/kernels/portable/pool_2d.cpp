// AVERAGE_POOL_2D and MAX_POOL_2D: a window per output pixel, channels apart. Input and output share one
// quantization, so neither requantizes.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/window.h"

namespace tinyrig::engine {
namespace {

// Whether every window along one axis holds at least one cell of the input.
bool windows_overlap(std::int32_t in, std::int32_t out, std::int32_t filter, std::int32_t stride, std::int32_t pad) {
  return within(filter, 1, kMaxExtent) && within(stride, 1, kMaxExtent) && within(pad, 0, filter - 1) &&
         (out - 1) * stride - pad < in;
}

bool check(const packed::PoolParams& p, const Bounds& bounds) {
  return spatial_shape(p.input_shape) && spatial_shape(p.output_shape) && p.input_shape.n == p.output_shape.n &&
         p.input_shape.c == p.output_shape.c &&
         windows_overlap(p.input_shape.h, p.output_shape.h, p.filter_h, p.stride_h, p.pad_top) &&
         windows_overlap(p.input_shape.w, p.output_shape.w, p.filter_w, p.stride_w, p.pad_left) &&
         quantized_output(0, p.activation_min, p.activation_max) &&
         bounds.readable(p.input, element_count(p.input_shape)) &&
         bounds.writable(p.output, element_count(p.output_shape));
}

struct Average {
  std::int32_t sum = 0;
  std::int32_t count = 0;
  void take(std::int32_t value) {
    sum = wrapping_add(sum, value);
    ++count;
  }
  // Halves away from zero.
  std::int32_t result() const {
    const std::int32_t half = count / 2;
    const std::int32_t rounded = sum > 0 ? wrapping_add(sum, half) : wrapping_sub(sum, half);
    return rounded / count;  // NOLINT(clang-analyzer-core.DivideZero): check() sees to one cell at least
  }
};

struct Maximum {
  std::int32_t value = -128;
  void take(std::int32_t other) { value = other > value ? other : value; }
  std::int32_t result() const { return value; }
};

template <typename Reduction>
void run(const packed::PoolParams& p, const Memory& memory) {
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t depth = p.input_shape.c;
  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * p.input_shape.h * p.input_shape.w * depth;
    for (std::int32_t out_y = 0; out_y < p.output_shape.h; ++out_y) {
      const std::int32_t y0 = out_y * p.stride_h - p.pad_top;
      const Taps rows = taps_inside(y0, 1, p.filter_h, p.input_shape.h);
      for (std::int32_t out_x = 0; out_x < p.output_shape.w; ++out_x) {
        const std::int32_t x0 = out_x * p.stride_w - p.pad_left;
        const Taps columns = taps_inside(x0, 1, p.filter_w, p.input_shape.w);
        for (std::int32_t c = 0; c < depth; ++c) {
          Reduction reduction;
          for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
            for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
              reduction.take(image[((y0 + ky) * p.input_shape.w + x0 + kx) * depth + c]);
            }
          }
          *output++ = static_cast<std::int8_t>(clamp(reduction.result(), p.activation_min, p.activation_max));
        }
      }
    }
  }
}

}  // namespace

constexpr Kernel portable::kAveragePool2d = make_kernel<packed::PoolParams, check, run<Average>>();
constexpr Kernel portable::kMaxPool2d = make_kernel<packed::PoolParams, check, run<Maximum>>();

}  // namespace tinyrig::engine
