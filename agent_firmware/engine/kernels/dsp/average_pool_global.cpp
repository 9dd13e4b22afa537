// AVERAGE_POOL_2D over the whole image: four channels a word, summed in halves, which up to 255 pixels
// cannot overflow. 8 instructions for four channels of a pixel.
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine {
namespace {

using namespace dsp;

bool check(const packed::PoolParams& p, const Bounds& bounds) {
  return portable::kAveragePool2d.check(&p, sizeof(p), bounds) && p.output_shape.h == 1 && p.output_shape.w == 1 &&
         p.pad_top == 0 && p.pad_left == 0 && p.filter_h == p.input_shape.h && p.filter_w == p.input_shape.w &&
         p.input_shape.c % 4 == 0 && within(p.input_shape.h * p.input_shape.w, 1, packed::dsp::kMaxAveragedPixels);
}

std::int8_t average(const packed::PoolParams& p, std::uint32_t halves, int shift, std::int32_t pixels) {
  const std::int32_t sum = static_cast<std::int16_t>(halves >> shift);
  const std::int32_t half = pixels / 2;
  return static_cast<std::int8_t>(
      clamp((sum > 0 ? sum + half : sum - half) / pixels, p.activation_min, p.activation_max));
}

void run(const packed::PoolParams& p, const Memory& memory) {
  const auto* image = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::int32_t depth = p.input_shape.c;
  const std::int32_t pixels = p.input_shape.h * p.input_shape.w;
  for (std::int32_t n = 0; n < p.input_shape.n; ++n, image += pixels * depth) {
    for (std::int32_t c = 0; c < depth; c += 4, output += 4) {
      std::uint32_t even = 0;
      std::uint32_t odd = 0;
      const std::int8_t* channels = image + c;
      for (std::int32_t i = pixels; i > 0; --i, channels += depth) {
        const std::uint32_t word = load_word(channels);
        even = add_halves(even, even_bytes(word));
        odd = add_halves(odd, odd_bytes(word));
      }
      output[0] = average(p, even, 0, pixels);
      output[1] = average(p, odd, 0, pixels);
      output[2] = average(p, even, 16, pixels);
      output[3] = average(p, odd, 16, pixels);
    }
  }
}

}  // namespace

constexpr Kernel dsp::kAveragePoolGlobal = make_kernel<packed::PoolParams, check, run>();

}  // namespace tinyrig::engine
