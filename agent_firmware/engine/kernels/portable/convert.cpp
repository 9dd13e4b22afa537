// QUANTIZE float32 -> int8 and DEQUANTIZE int8 -> float32: the two ends of a model that keeps float tensors.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool usable_scale(float scale) { return scale > 0.0F && scale <= std::numeric_limits<float>::max(); }

bool check_quantize(const packed::ConvertParams& p, const Bounds& bounds) {
  return p.count != 0 && usable_scale(p.scale) && within(p.zero_point, -128, 127) &&
         bounds.readable(p.input, p.count, sizeof(float)) && bounds.writable(p.output, p.count);
}

bool check_dequantize(const packed::ConvertParams& p, const Bounds& bounds) {
  return p.count != 0 && usable_scale(p.scale) && within(p.zero_point, -128, 127) &&
         bounds.readable(p.input, p.count) && bounds.writable(p.output, p.count, sizeof(float));
}

// Halves away from zero; beyond what int8 can tell apart, and NaN, first brought into range.
std::int32_t round_to_int(float x) {
  constexpr float kFar = 1024.0F;
  if (!(x == x)) {
    return 0;
  }
  const float near = x > kFar ? kFar : (x < -kFar ? -kFar : x);
  const auto whole = static_cast<std::int32_t>(near);
  const float fraction = near - static_cast<float>(whole);
  return whole + (fraction >= 0.5F ? 1 : 0) - (fraction <= -0.5F ? 1 : 0);
}

void run_quantize(const packed::ConvertParams& p, const Memory& memory) {
  const auto* input = memory.read<float>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  for (std::uint32_t i = 0; i < p.count; ++i) {
    output[i] = static_cast<std::int8_t>(clamp(round_to_int(input[i] / p.scale) + p.zero_point, -128, 127));
  }
}

void run_dequantize(const packed::ConvertParams& p, const Memory& memory) {
  const auto* input = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<float>(p.output);
  for (std::uint32_t i = 0; i < p.count; ++i) {
    output[i] = p.scale * static_cast<float>(input[i] - p.zero_point);
  }
}

}  // namespace

constexpr Kernel portable::kQuantize = make_kernel<packed::ConvertParams, check_quantize, run_quantize>();
constexpr Kernel portable::kDequantize = make_kernel<packed::ConvertParams, check_dequantize, run_dequantize>();

}  // namespace tinyrig::engine
