// CONV_2D and FULLY_CONNECTED with the DSP extension: pixels are gathered into widened columns of taps, four
// pixels beside each other, and conv_block.S multiplies them with every pair of output channels. What gathering
// costs (patches.h) is shared by all channels.
//
// Layout of ConvParams: weights [ceil(channels / 2)][tap pairs] of the words that conv_block.h defines, bias
// Requantization[2 * ceil(channels / 2)] with doubled bias; an odd number of channels repeats the last but one, so
// that the last pair is whole. Taps in the order ky, kx, channel, padded with zero weights to a multiple of 4.
#include "agent_firmware/engine/kernels/dsp/conv_block.h"
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "agent_firmware/engine/kernels/dsp/patches.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine {
namespace {

using namespace dsp;
using packed::dsp::conv_scratch_words;
using packed::dsp::conv_tap_pairs;

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  const std::int32_t tap_dims[] = {p.kernel_h, p.kernel_w, p.input_shape.c};
  const auto taps = static_cast<std::uint32_t>(element_count(tap_dims));
  if (taps == 0 || taps > packed::dsp::kMaxConvTaps || p.output_shape.c < 2 || !check_convolution_shape(p, bounds)) {
    return false;
  }
  const auto channels = static_cast<std::uint64_t>(p.output_shape.c);
  const std::uint64_t channel_pairs = (channels + 1) / 2;
  const std::uint64_t pixels = element_count(p.output_shape) / channels;
  const auto input_channels = static_cast<std::uint32_t>(p.input_shape.c);
  return bounds.requantizations(p.bias, 2 * channel_pairs) &&
         bounds.readable(p.weights, channel_pairs * conv_tap_pairs(taps), sizeof(std::uint32_t)) &&
         bounds.writable(p.scratch, conv_scratch_words(taps, input_channels, pixels), sizeof(std::uint32_t));
}

// Every channel of the pixels that were gathered.
void multiply(ConvBlock block, std::int32_t channels, std::int32_t tap_pairs, void (*pixels)(const ConvBlock*)) {
  const std::int32_t whole = channels / 2 * 2;
  const std::int8_t* first = block.output;
  block.output_end = first + whole;
  pixels(&block);
  if (whole != channels) {
    block.weights += whole / 2 * tap_pairs;
    block.scales += whole;
    block.output += channels - 2;
    block.output_end = first + channels;
    pixels(&block);
  }
}

void run(const packed::ConvParams& p, const Memory& memory) {
  Patches patches(p, memory);
  const std::int32_t channels = p.output_shape.c;
  const std::int32_t pixels = p.output_shape.n * p.output_shape.h * p.output_shape.w;
  auto* output = memory.write<std::int8_t>(p.output);
  ConvBlock block = {};
  block.inputs = patches.columns();
  block.weights = memory.read<std::uint32_t>(p.weights);
  block.scales = memory.read<packed::Requantization>(p.bias);
  block.output_stride = channels;
  block.clamped = p.activation_min > -128 || p.activation_max < 127 ? 1 : 0;
  block.activation_min = p.activation_min;
  block.activation_max = p.activation_max;

  for (std::int32_t pixel = 0; pixel < pixels;) {
    std::int32_t left = pixels - pixel;
    if (left > 1 && left < kBlockPixels && pixels >= kBlockPixels) {
      // The last block repeats some pixels of the one before.
      left = kBlockPixels;
      pixel = pixels - left;
      patches.seek(pixel);
    }
    block.output = output + pixel * channels;
    if (left >= kBlockPixels) {
      patches.gather<kBlockPixels>();
      block.inputs_end = block.inputs + kBlockPixels * patches.tap_pairs();
      multiply(block, channels, patches.tap_pairs(), tinyrig_dsp_conv_4_pixels);
      pixel += kBlockPixels;
    } else {
      patches.gather<1>();
      block.inputs_end = block.inputs + patches.tap_pairs();
      multiply(block, channels, patches.tap_pairs(), tinyrig_dsp_conv_1_pixel);
      ++pixel;
    }
  }
}

}  // namespace

constexpr Kernel dsp::kConv2d = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
