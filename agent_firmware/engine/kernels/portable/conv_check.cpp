#include "agent_firmware/engine/kernels/portable/conv_check.h"

namespace tinyrig::engine {

bool check_convolution_shape(const packed::ConvParams& p, const Bounds& bounds) {
  if (!spatial_shape(p.input_shape) || !spatial_shape(p.output_shape) || p.input_shape.n != p.output_shape.n) {
    return false;
  }
  const std::int32_t extents[] = {p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.dilation_h, p.dilation_w};
  for (const std::int32_t extent : extents) {
    if (!within(extent, 1, kMaxExtent)) {
      return false;
    }
  }
  if (!within(p.pad_top, 0, kMaxExtent) || !within(p.pad_left, 0, kMaxExtent)) {
    return false;
  }
  if (!input_offset(p.input_offset) || !quantized_output(p.output_offset, p.activation_min, p.activation_max)) {
    return false;
  }
  return bounds.readable(p.input, element_count(p.input_shape)) &&
         bounds.writable(p.output, element_count(p.output_shape));
}

bool check_convolution(const packed::ConvParams& p, const Bounds& bounds) {
  const auto channels = static_cast<std::uint64_t>(p.output_shape.c);
  return check_convolution_shape(p, bounds) &&
         (p.bias == packed::kNone || bounds.readable(p.bias, channels, sizeof(std::int32_t))) &&
         bounds.constants(p.multipliers, channels, 0, kMaxMultiplier) &&
         bounds.constants(p.shifts, channels, kMinShift, kMaxShift);
}

}  // namespace tinyrig::engine
