// DEPTHWISE_CONV_2D of 3x3 taps with the DSP extension: four channels at a time go down the image, with the three
// input rows that an output row needs widened and padded in a ring. depthwise_row.S does the rest.
//
// The output may take the input's place when the channels come in whole fours: an output row is written
// after the input rows at and before its place have been read into the ring.
//
// Layout of ConvParams: weights [ceil(channels / 4)][9] words of four bytes, bias Requantization[4 * ceil(channels /
// 4)] with doubled bias; the last four channels repeat some when the channels do not come in fours.
#include <utility>

#include "agent_firmware/engine/kernels/dsp/depthwise_row.h"
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/conv_check.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine {
namespace {

using namespace dsp;
using packed::dsp::depthwise_columns;

bool check(const packed::ConvParams& p, const Bounds& bounds) {
  if (!check_convolution_shape(p, bounds) || p.kernel_h != 3 || p.kernel_w != 3 || p.dilation_h != 1 ||
      p.dilation_w != 1 || p.stride_w > 2 || p.pad_left > 2 || p.output_shape.c < 4 ||
      p.input_shape.c != p.output_shape.c) {
    return false;
  }
  const std::uint64_t fours = (static_cast<std::uint64_t>(p.output_shape.c) + 3) / 4;
  return bounds.requantizations(p.bias, 4 * fours) && bounds.readable(p.weights, 9 * fours, sizeof(std::uint32_t)) &&
         bounds.writable(p.scratch, packed::dsp::depthwise_scratch_words(p.output_shape.w, p.stride_w),
                         sizeof(std::uint32_t));
}

// Three padded rows of four channels of one image, the first of them `top`.
class RowRing {
 public:
  RowRing(const packed::ConvParams& p, std::uint32_t* words, const std::int8_t* channels)
      : p_(p),
        channels_(channels),
        row_bytes_(p.input_shape.w * p.input_shape.c),
        zero_(even_bytes(static_cast<std::uint8_t>(-p.input_offset) * 0x01010101U)),
        top_(-p.pad_top) {
    const std::int32_t columns = depthwise_columns(p.output_shape.w, p.stride_w);
    const std::int32_t after = columns - p.pad_left;
    inside_ = after < p.input_shape.w ? after : p.input_shape.w;
    for (std::int32_t i = 0; i < 3 * 2 * columns; ++i) words[i] = zero_;
    for (int i = 0; i < 3; ++i) rows_[i] = words + i * 2 * columns;
    for (int i = 0; i < 3; ++i) load(i);
  }

  const std::uint32_t* row(int index) const { return rows_[index]; }

  void move_down(std::int32_t rows) {
    top_ += rows;
    const std::int32_t kept = rows < 3 ? 3 - rows : 0;
    for (std::int32_t i = kept; i < 3; ++i) {
      std::uint32_t* first = rows_[0];
      rows_[0] = rows_[1];
      rows_[1] = rows_[2];
      rows_[2] = first;
    }
    for (std::int32_t i = kept; i < 3; ++i) load(i);
  }

 private:
  void load(std::int32_t index) {
    std::uint32_t* place = rows_[index] + 2 * p_.pad_left;
    const std::int32_t y = top_ + index;
    if (y < 0 || y >= p_.input_shape.h) {
      for (std::int32_t i = 0; i < 2 * inside_; ++i) place[i] = zero_;
      return;
    }
    const std::int8_t* source = channels_ + y * row_bytes_;
    for (std::int32_t x = inside_; x > 0; --x, source += p_.input_shape.c, place += 2) {
      const std::uint32_t word = load_word(source);
      place[0] = even_bytes(word);
      place[1] = odd_bytes(word);
    }
  }

  const packed::ConvParams& p_;
  const std::int8_t* channels_;
  std::int32_t row_bytes_;
  std::uint32_t zero_;
  std::int32_t top_;
  std::int32_t inside_;  // columns of the input that a row reaches
  std::uint32_t* rows_[3];
};

void run(const packed::ConvParams& p, const Memory& memory) {
  const std::int32_t channels = p.output_shape.c;
  auto* widened = memory.write<std::uint32_t>(p.scratch);
  std::uint32_t* ring_words = widened + packed::dsp::kDepthwiseWeightWords;
  const auto multiply = p.stride_w == 1 ? tinyrig_dsp_depthwise_row_stride_1 : tinyrig_dsp_depthwise_row_stride_2;
  DepthwiseRow row = {};
  row.weights = widened;
  row.output_stride = channels;
  row.pixel_pairs = p.output_shape.w / 2;
  row.odd_pixel = p.output_shape.w % 2;
  row.clamped = p.activation_min > -128 || p.activation_max < 127 ? 1 : 0;
  row.activation_min = p.activation_min;
  row.activation_max = p.activation_max;

  const auto* weights = memory.read<std::uint32_t>(p.weights);
  row.scales = memory.read<packed::Requantization>(p.bias);
  for (std::int32_t c = 0; c < channels; c += 4, weights += 9, row.scales += 4) {
    const std::int32_t first = c + 4 <= channels ? c : channels - 4;
    for (int tap = 0; tap < 9; ++tap) {
      widened[2 * tap] = even_bytes(weights[tap]);
      widened[2 * tap + 1] = odd_bytes(weights[tap]);
    }
    const std::int8_t* image = memory.read<std::int8_t>(p.input) + first;
    row.output = memory.write<std::int8_t>(p.output) + first;
    for (std::int32_t n = 0; n < p.output_shape.n; ++n) {
      RowRing ring(p, ring_words, image);
      for (std::int32_t y = 0; y < p.output_shape.h; ++y) {
        if (y != 0) ring.move_down(p.stride_h);
        for (int i = 0; i < 3; ++i) row.rows[i] = ring.row(i);
        multiply(&row);
        row.output += p.output_shape.w * channels;
      }
      image += p.input_shape.h * p.input_shape.w * channels;
    }
  }
}

}  // namespace

constexpr Kernel dsp::kDepthwise3x3 = make_kernel<packed::ConvParams, check, run>();

}  // namespace tinyrig::engine
