// RESIZE_NEAREST_NEIGHBOR: each output pixel is one input pixel. Positions in float, as TensorFlow's.
#include <cstring>

#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::ResizeParams& p, const Bounds& bounds) {
  return spatial_shape(p.input_shape) && spatial_shape(p.output_shape) && p.input_shape.n == p.output_shape.n &&
         p.input_shape.c == p.output_shape.c && within(p.align_corners, 0, 1) && within(p.half_pixel_centers, 0, 1) &&
         bounds.readable(p.input, element_count(p.input_shape)) &&
         bounds.writable(p.output, element_count(p.output_shape));
}

// A function of its own, so that no compiler fuses its product with the subtraction below: that would skip a
// rounding that TensorFlow makes.
[[gnu::noinline]] float position_of(std::int32_t i, std::int32_t in, std::int32_t out, const packed::ResizeParams& p) {
  const bool corners = p.align_corners != 0 && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  return (static_cast<float>(i) + (p.half_pixel_centers != 0 ? 0.5F : 0.0F)) * scale;
}

std::int32_t source_of(std::int32_t i, std::int32_t in, std::int32_t out, const packed::ResizeParams& p) {
  const float position = position_of(i, in, out, p);
  auto source = static_cast<std::int32_t>(position);  // position >= 0: truncation is floor
  if (p.align_corners != 0 && position - static_cast<float>(source) >= 0.5F) {
    ++source;
  }
  return source < in - 1 ? source : in - 1;
}

void run(const packed::ResizeParams& p, const Memory& memory) {
  const auto* image = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t in_w = p.input_shape.w;
  const std::int32_t depth = p.input_shape.c;
  for (std::int32_t n = 0; n < p.output_shape.n; ++n, image += p.input_shape.h * in_w * depth) {
    for (std::int32_t y = 0; y < p.output_shape.h; ++y) {
      const std::int8_t* row = image + source_of(y, p.input_shape.h, p.output_shape.h, p) * in_w * depth;
      for (std::int32_t x = 0; x < p.output_shape.w; ++x, output += depth) {
        std::memmove(output, row + source_of(x, in_w, p.output_shape.w, p) * depth, static_cast<std::size_t>(depth));
      }
    }
  }
}

}  // namespace

constexpr Kernel portable::kResizeNearestNeighbor = make_kernel<packed::ResizeParams, check, run>();

}  // namespace tinyrig::engine
