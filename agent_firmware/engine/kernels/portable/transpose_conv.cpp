// TRANSPOSE_CONV. TensorFlow scatters each input pixel into int32 sums of the whole output; here each output
// value gathers the same products, so that no scratch is needed. Sums of integers do not care. Weights OHWI.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t weight_dims[] = {p.output_shape.c, p.kernel_h, p.kernel_w, p.input_shape.c};
  const std::uint64_t weights = element_count(weight_dims);
  return weights != 0 && check_convolution(p, bounds) && p.dilation_h == 1 && p.dilation_w == 1 &&
         bounds.readable(p.weights, weights);
}

// The taps that reach output position `at` (padding added) from inside the input: every stride-th from
// `first` to `last`.
struct Contributions {
  std::int32_t first;
  std::int32_t last;
};
Contributions contributions(std::int32_t at, std::int32_t stride, std::int32_t taps, std::int32_t size) {
  // Tap k comes from input (at - k) / stride: k = at modulo stride, and 0 <= at - k <= (size - 1) * stride.
  const std::int32_t lowest = at - (size - 1) * stride;
  const std::int32_t phase = at % stride;
  const std::int32_t first = lowest > phase ? lowest : phase;  // lowest has the same phase
  return {first, at < taps ? at : taps - 1};
}

void run(const packed::ConvParams& p, const Memory& memory) {
  const auto* weights = memory.read<std::int8_t>(p.weights);
  const auto* bias = p.bias == packed::kNone ? nullptr : memory.read<std::int32_t>(p.bias);
  const auto* multipliers = memory.read<std::int32_t>(p.multipliers);
  const auto* shifts = memory.read<std::int32_t>(p.shifts);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t depth = p.input_shape.c;

  for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + n * p.input_shape.h * p.input_shape.w * depth;
    for (std::int32_t out_y = 0; out_y < p.output_shape.h; ++out_y) {
      const std::int32_t at_y = out_y + p.pad_top;
      const Contributions rows = contributions(at_y, p.stride_h, p.kernel_h, p.input_shape.h);
      for (std::int32_t out_x = 0; out_x < p.output_shape.w; ++out_x) {
        const std::int32_t at_x = out_x + p.pad_left;
        const Contributions columns = contributions(at_x, p.stride_w, p.kernel_w, p.input_shape.w);
        for (std::int32_t c = 0; c < p.output_shape.c; ++c) {
          std::uint32_t sum = bias != nullptr ? static_cast<std::uint32_t>(bias[c]) : 0U;
          for (std::int32_t ky = rows.first; ky <= rows.last; ky += p.stride_h) {
            for (std::int32_t kx = columns.first; kx <= columns.last; kx += p.stride_w) {
              const std::int32_t y = (at_y - ky) / p.stride_h;
              const std::int32_t x = (at_x - kx) / p.stride_w;
              const std::int8_t* pixel = image + (y * p.input_shape.w + x) * depth;
              const std::int8_t* taps = weights + ((c * p.kernel_h + ky) * p.kernel_w + kx) * depth;
              for (std::int32_t i = 0; i < depth; ++i) {
                sum += static_cast<std::uint32_t>((pixel[i] + p.input_offset) * taps[i]);
              }
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

constexpr Kernel portable::kTransposeConv = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
