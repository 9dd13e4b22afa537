// AVERAGE_POOL_2D over the whole image. Four channels a word: with 128 added to each byte, bytes 0 and 2, and 1 and 3,
// are sums in halves of two words, which up to 257 pixels cannot overflow. 9 instructions for four channels of a pixel.
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/scalar/arithmetic.h"
#include "agent_firmware/engine/kernels/scalar/scalar.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine {
namespace {

constexpr std::int32_t kWordChannels = packed::scalar::kWordChannels;

bool check(const packed::PoolParams& p, const Bounds& bounds) {
  return portable::kAveragePool2d.check(&p, sizeof(p), bounds) && p.output_shape.h == 1 && p.output_shape.w == 1 &&
         p.pad_top == 0 && p.pad_left == 0 && p.filter_h == p.input_shape.h && p.filter_w == p.input_shape.w &&
         p.input_shape.c % kWordChannels == 0 &&
         within(p.input_shape.h * p.input_shape.w, 1, packed::scalar::kMaxAveragedPixels) &&
         bounds.readable(p.input, element_count(p.input_shape) / kWordChannels, sizeof(std::uint32_t));
}

std::int8_t average(const packed::PoolParams& p, std::uint32_t biased_sum, std::int32_t pixels) {
  const std::int32_t sum = static_cast<std::int32_t>(biased_sum) - 128 * pixels;
  const std::int32_t half = pixels / 2;
  return static_cast<std::int8_t>(
      clamp((sum > 0 ? sum + half : sum - half) / pixels, p.activation_min, p.activation_max));
}

void run(const packed::PoolParams& p, const Memory& memory) {
  const std::int32_t words = p.input_shape.c / kWordChannels;
  const std::int32_t pixels = p.input_shape.h * p.input_shape.w;
  const auto* image = memory.read<std::uint32_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  for (std::int32_t n = 0; n < p.input_shape.n; ++n, image += pixels * words) {
    for (std::int32_t i = 0; i < words; ++i, output += kWordChannels) {
      constexpr std::uint32_t kEven = 0x00FF00FF;
      std::uint32_t even = 0;
      std::uint32_t odd = 0;
      const std::uint32_t* from = image + i;
      for (std::int32_t left = pixels; left > 0; --left, from += words) {
        const std::uint32_t biased = *from ^ 0x80808080U;
        even += biased & kEven;
        odd += biased >> 8 & kEven;
      }
      output[0] = average(p, even & 0xFFFFU, pixels);
      output[1] = average(p, odd & 0xFFFFU, pixels);
      output[2] = average(p, even >> 16, pixels);
      output[3] = average(p, odd >> 16, pixels);
    }
  }
}

}  // namespace

constexpr Kernel scalar::kAveragePoolGlobal = make_kernel<packed::PoolParams, check, run>();

}  // namespace tinyrig::engine
