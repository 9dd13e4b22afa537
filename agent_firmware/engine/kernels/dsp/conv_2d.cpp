// CONV_2D and FULLY_CONNECTED with the DSP extension: pixels are gathered into widened columns of taps, four
// pixels beside each other, and conv_block.S multiplies them with every pair of output channels. What gathering
// costs (5 instructions for 4 taps) is shared by all channels.
//
// Layout of ConvParams: weights [ceil(channels / 2)][tap pairs] of the words that conv_block.h defines, bias
// Requantization[2 * ceil(channels / 2)] with doubled bias; an odd number of channels repeats the last but one, so
// that the last pair is whole. Taps in the order ky, kx, channel, padded with zero weights to a multiple of 4.
#include "agent_firmware/engine/kernels/dsp/conv_block.h"
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "agent_firmware/engine/kernels/portable/window.h"
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

// Widens `words` words of bytes into columns: pairs of taps `stride` words apart.
inline void widen(const std::int8_t* source, std::int32_t words, std::uint32_t* column, std::int32_t stride) {
  for (; words >= 2; words -= 2, source += 8, column += 4 * stride) {
    const std::uint32_t first = load_word(source);
    const std::uint32_t second = load_word(source + 4);
    column[0] = even_bytes(first);
    column[stride] = odd_bytes(first);
    column[2 * stride] = even_bytes(second);
    column[3 * stride] = odd_bytes(second);
  }
  if (words != 0) {
    const std::uint32_t word = load_word(source);
    column[0] = even_bytes(word);
    column[stride] = odd_bytes(word);
  }
}

// The pixels of one convolution's output in order, and what each needs gathered.
class Gatherer {
 public:
  Gatherer(const packed::ConvParams& p, const Memory& memory)
      : p_(p),
        input_(memory.read<std::int8_t>(p.input)),
        row_bytes_(p.input_shape.w * p.input_shape.c),
        taps_(p.kernel_h * p.kernel_w * p.input_shape.c),
        tap_pairs_(static_cast<std::int32_t>(conv_tap_pairs(static_cast<std::uint32_t>(taps_)))),
        zero_(static_cast<std::int8_t>(-p.input_offset)),
        one_to_one_(p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 && p.pad_top == 0 &&
                    p.pad_left == 0),
        columns_(memory.write<std::uint32_t>(p.scratch)) {}

  std::int32_t tap_pairs() const { return tap_pairs_; }
  std::uint32_t* columns() const { return columns_; }

  // Column `slot` of `slots` beside each other gets pixel `pixel`.
  void gather(std::int32_t pixel, std::int32_t slot, std::int32_t slots) const {
    std::uint32_t* column = columns_ + slot;
    if (one_to_one_ && taps_ % 4 == 0) {
      widen(input_ + pixel * taps_, taps_ / 4, column, slots);
      return;
    }
    // Where a run of bytes may end within a word, the whole patch is laid together first.
    auto* patch = reinterpret_cast<std::int8_t*>(columns_ + tap_pairs_ * slots);
    const bool whole_words = p_.input_shape.c % 4 == 0;
    const std::int32_t in_image = pixel % (p_.output_shape.h * p_.output_shape.w);
    const std::int8_t* image = input_ + pixel / (p_.output_shape.h * p_.output_shape.w) * p_.input_shape.h * row_bytes_;
    const std::int32_t y0 = in_image / p_.output_shape.w * p_.stride_h - p_.pad_top;
    const std::int32_t x0 = in_image % p_.output_shape.w * p_.stride_w - p_.pad_left;
    const Taps rows = taps_inside(y0, p_.dilation_h, p_.kernel_h, p_.input_shape.h);
    const Taps inside = taps_inside(x0, p_.dilation_w, p_.kernel_w, p_.input_shape.w);
    const std::int32_t depth = p_.input_shape.c;
    std::int8_t* place = patch;
    for (std::int32_t ky = 0; ky < p_.kernel_h; ++ky) {
      if (ky < rows.begin || ky >= rows.end) {
        fill(p_.kernel_w * depth, whole_words, place, column, slots);
        continue;
      }
      fill(inside.begin * depth, whole_words, place, column, slots);
      const std::int8_t* source =
          image + (y0 + ky * p_.dilation_h) * row_bytes_ + (x0 + inside.begin * p_.dilation_w) * depth;
      if (p_.dilation_w == 1) {
        copy(source, (inside.end - inside.begin) * depth, whole_words, place, column, slots);
      } else {
        for (std::int32_t kx = inside.begin; kx < inside.end; ++kx, source += p_.dilation_w * depth) {
          copy(source, depth, whole_words, place, column, slots);
        }
      }
      fill((p_.kernel_w - inside.end) * depth, whole_words, place, column, slots);
    }
    if (!whole_words) {
      for (std::int32_t i = taps_; i % 4 != 0; ++i) *place++ = 0;
      widen(patch, tap_pairs_ / 2, column, slots);
    }
  }

 private:
  static void copy(const std::int8_t* source, std::int32_t bytes, bool whole_words, std::int8_t*& place,
                   std::uint32_t*& column, std::int32_t slots) {
    if (whole_words) {
      widen(source, bytes / 4, column, slots);
      column += bytes / 2 * slots;
      return;
    }
    for (; bytes >= 4; bytes -= 4, source += 4, place += 4) store_word(place, load_word(source));
    for (; bytes > 0; --bytes) *place++ = *source++;
  }

  // Padding: the input's zero point.
  void fill(std::int32_t bytes, bool whole_words, std::int8_t*& place, std::uint32_t*& column,
            std::int32_t slots) const {
    if (whole_words) {
      const std::uint32_t pair = even_bytes(static_cast<std::uint8_t>(zero_) * 0x01010101U);
      for (std::int32_t i = bytes / 2; i > 0; --i, column += slots) *column = pair;
      return;
    }
    for (; bytes > 0; --bytes) *place++ = zero_;
  }

  const packed::ConvParams& p_;
  const std::int8_t* input_;
  std::int32_t row_bytes_;
  std::int32_t taps_;
  std::int32_t tap_pairs_;
  std::int8_t zero_;
  bool one_to_one_;
  std::uint32_t* columns_;
};

void run(const packed::ConvParams& p, const Memory& memory) {
  const Gatherer gatherer(p, memory);
  const std::int32_t channels = p.output_shape.c;
  const std::int32_t whole = channels / 2 * 2;
  const std::int32_t pixels = p.output_shape.n * p.output_shape.h * p.output_shape.w;
  auto* output = memory.write<std::int8_t>(p.output);
  ConvBlock block = {};
  block.inputs = gatherer.columns();
  block.output_stride = channels;
  block.clamped = p.activation_min > -128 || p.activation_max < 127 ? 1 : 0;
  block.activation_min = p.activation_min;
  block.activation_max = p.activation_max;

  for (std::int32_t pixel = 0; pixel < pixels;) {
    std::int32_t slots = kBlockPixels;
    if (pixel + slots > pixels) {
      // One pixel is left, or there are too few for a block; else the last block repeats some of the one before.
      slots = pixels < slots || pixel + 1 == pixels ? 1 : slots;
      pixel = slots == 1 ? pixel : pixels - slots;
    }
    for (std::int32_t slot = 0; slot < slots; ++slot) gatherer.gather(pixel + slot, slot, slots);
    const auto multiply = slots == 1 ? tinyrig_dsp_conv_1_pixel : tinyrig_dsp_conv_4_pixels;
    block.inputs_end = block.inputs + gatherer.tap_pairs() * slots;
    block.weights = memory.read<std::uint32_t>(p.weights);
    block.scales = memory.read<packed::Requantization>(p.bias);
    block.output = output + pixel * channels;
    block.output_end = block.output + whole;
    multiply(&block);
    if (whole != channels) {
      block.weights += whole / 2 * gatherer.tap_pairs();
      block.scales += whole;
      block.output += channels - 2;
      block.output_end = block.output + 2;
      multiply(&block);
    }
    pixel += slots;
  }
}

}  // namespace

constexpr Kernel dsp::kConv2d = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
