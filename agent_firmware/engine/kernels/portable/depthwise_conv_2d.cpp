// DEPTHWISE_CONV_2D: each input channel has its own depth_multiplier output channels. Weights 1HWO.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/window.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t weight_dims[] = {p.kernel_h, p.kernel_w, p.output_shape.c};
  const std::uint64_t weights = element_count(weight_dims);
  return weights != 0 && check_convolution(p, bounds) && p.depth_multiplier > 0 &&
         static_cast<std::int64_t>(p.input_shape.c) * p.depth_multiplier == p.output_shape.c &&
         bounds.readable(p.weights, weights);
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const auto* weights = memory.read<std::int8_t>(p.weights);
  const auto* bias = p.bias == packed::kNone ? nullptr : memory.read<std::int32_t>(p.bias);
  const auto* multipliers = memory.read<std::int32_t>(p.multipliers);
  const auto* shifts = memory.read<std::int32_t>(p.shifts);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t in_c = p.input_shape.c;
  const std::int32_t out_c = p.output_shape.c;

  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * p.input_shape.h * p.input_shape.w * in_c;
    for (std::int32_t out_y = 0; out_y < p.output_shape.h; ++out_y) {
      const std::int32_t y0 = out_y * p.stride_h - p.pad_top;
      const Taps rows = taps_inside(y0, p.dilation_h, p.kernel_h, p.input_shape.h);
      for (std::int32_t out_x = 0; out_x < p.output_shape.w; ++out_x) {
        const std::int32_t x0 = out_x * p.stride_w - p.pad_left;
        const Taps columns = taps_inside(x0, p.dilation_w, p.kernel_w, p.input_shape.w);
        for (std::int32_t c = 0; c < out_c; ++c) {
          const std::int32_t channel = p.depth_multiplier == 1 ? c : c / p.depth_multiplier;
          std::uint32_t sum = bias != nullptr ? static_cast<std::uint32_t>(bias[c]) : 0U;
          for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
            const std::int8_t* row = image + (y0 + ky * p.dilation_h) * p.input_shape.w * in_c + channel;
            const std::int8_t* taps = weights + ky * p.kernel_w * out_c + c;
            for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
              const std::int32_t x = x0 + kx * p.dilation_w;
              sum += static_cast<std::uint32_t>((row[x * in_c] + p.input_offset) * taps[kx * out_c]);
            }
          }
          *output++ = requantize(static_cast<std::int32_t>(sum), multipliers[c], shifts[c], p.output_offset,
                                 p.activation_min, p.activation_max);
        }
      }
    }
  }
}

}  // namespace

constexpr Kernel portable::kDepthwiseConv2d = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
