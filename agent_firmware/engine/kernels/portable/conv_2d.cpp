// CONV_2D: every output channel sees every input channel. Weights OHWI.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/window.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t weight_dims[] = {p.output_shape.c, p.kernel_h, p.kernel_w, p.input_shape.c};
  const std::uint64_t weights = element_count(weight_dims);
  return weights != 0 && check_convolution(p, bounds) && bounds.readable(p.weights, weights);
}

// One output value before requantization. `image` and `filter` are those of one batch and output channel.
std::int32_t accumulate(const packed::ConvParams& p, const std::int8_t* image, const std::int8_t* filter,
                        std::int32_t y0, std::int32_t x0, Taps rows, Taps columns) {
  const std::int32_t depth = p.input_shape.c;
  std::uint32_t sum = 0;
  for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
      const std::int32_t y = y0 + ky * p.dilation_h;
      const std::int32_t x = x0 + kx * p.dilation_w;
      const std::int8_t* pixel = image + (y * p.input_shape.w + x) * depth;
      const std::int8_t* taps = filter + (ky * p.kernel_w + kx) * depth;
      for (std::int32_t c = 0; c < depth; ++c) {
        sum += static_cast<std::uint32_t>((pixel[c] + p.input_offset) * taps[c]);
      }
    }
  }
  return static_cast<std::int32_t>(sum);
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const auto* weights = memory.read<std::int8_t>(p.weights);
  const auto* bias = p.bias == packed::kNone ? nullptr : memory.read<std::int32_t>(p.bias);
  const auto* multipliers = memory.read<std::int32_t>(p.multipliers);
  const auto* shifts = memory.read<std::int32_t>(p.shifts);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t image_bytes = p.input_shape.h * p.input_shape.w * p.input_shape.c;
  const std::int32_t filter_bytes = p.kernel_h * p.kernel_w * p.input_shape.c;

  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * image_bytes;
    for (std::int32_t out_y = 0; out_y < p.output_shape.h; ++out_y) {
      const std::int32_t y0 = out_y * p.stride_h - p.pad_top;
      const Taps rows = taps_inside(y0, p.dilation_h, p.kernel_h, p.input_shape.h);
      for (std::int32_t out_x = 0; out_x < p.output_shape.w; ++out_x) {
        const std::int32_t x0 = out_x * p.stride_w - p.pad_left;
        const Taps columns = taps_inside(x0, p.dilation_w, p.kernel_w, p.input_shape.w);
        const std::int8_t* filter = weights;
        for (std::int32_t c = 0; c < p.output_shape.c; ++c, filter += filter_bytes) {
          const std::int32_t sum =
              wrapping_add(accumulate(p, image, filter, y0, x0, rows, columns), bias != nullptr ? bias[c] : 0);
          *output++ = requantize(sum, multipliers[c], shifts[c], p.output_offset, p.activation_min, p.activation_max);
        }
      }
    }
  }
}

}  // namespace

constexpr Kernel portable::kConv2d = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
