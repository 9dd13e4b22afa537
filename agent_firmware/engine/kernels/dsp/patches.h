// Gathers the input of a convolution, output pixel by output pixel: what the kernel's window covers, widened into
// tap pairs in the order of weight words, with the input's zero point for what lies outside.
//
// Some 1.6 instructions for a tap where channels come in whole words (NHWC rows are then runs of words): 5 for a word
// of four, and the loops around it; else bytes are laid together first, at about twice that.
#pragma once

#include "agent_firmware/engine/kernel.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"
#include "agent_firmware/engine/kernels/portable/window.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine::dsp {

// Widens `words` words of bytes into a column: pairs of taps kSlots words apart. Returns where the column goes on.
template <int kSlots>
inline std::uint32_t* widen(const std::int8_t* source, std::int32_t words, std::uint32_t* column) {
  for (; words >= 4; words -= 4, source += 16, column += 8 * kSlots) {
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t word = load_word(source + 4 * i);
      column[2 * i * kSlots] = even_bytes(word);
      column[(2 * i + 1) * kSlots] = odd_bytes(word);
    }
  }
  for (; words > 0; --words, source += 4, column += 2 * kSlots) {
    const std::uint32_t word = load_word(source);
    column[0] = even_bytes(word);
    column[kSlots] = odd_bytes(word);
  }
  return column;
}

class Patches {
 public:
  Patches(const packed::ConvParams& p, const Memory& memory)
      : p_(p),
        input_(memory.read<std::int8_t>(p.input)),
        columns_(memory.write<std::uint32_t>(p.scratch)),
        depth_(p.input_shape.c),
        row_bytes_(p.input_shape.w * p.input_shape.c),
        taps_(p.kernel_h * p.kernel_w * p.input_shape.c),
        tap_pairs_(static_cast<std::int32_t>(packed::dsp::conv_tap_pairs(static_cast<std::uint32_t>(taps_)))),
        zero_word_(static_cast<std::uint8_t>(-p.input_offset) * 0x01010101U),
        last_inside_x_(p.input_shape.w - p.kernel_w),
        whole_words_(depth_ % 4 == 0),
        contiguous_(p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 && p.pad_top == 0 &&
                    p.pad_left == 0 && p.input_shape.h == p.output_shape.h && p.input_shape.w == p.output_shape.w &&
                    whole_words_) {
    seek(0);
  }

  std::int32_t tap_pairs() const { return tap_pairs_; }
  const std::uint32_t* columns() const { return columns_; }

  // Goes to an output pixel, counted over the whole batch.
  void seek(std::int32_t pixel) {
    const std::int32_t per_image = p_.output_shape.h * p_.output_shape.w;
    if (contiguous_) {
      next_ = input_ + pixel * taps_;
      return;
    }
    image_ = input_ + pixel / per_image * p_.input_shape.h * row_bytes_;
    out_y_ = pixel % per_image / p_.output_shape.w;
    out_x_ = pixel % p_.output_shape.w;
    enter_row();
  }

  // The next kSlots pixels, beside each other.
  template <int kSlots>
  void gather() {
    for (int slot = 0; slot < kSlots; ++slot) {
      if (contiguous_) {
        widen<kSlots>(next_, taps_ / 4, columns_ + slot);
        next_ += taps_;
        continue;
      }
      const std::int32_t x0 = out_x_ * p_.stride_w - p_.pad_left;
      const bool inside = whole_rows_ && x0 >= 0 && x0 <= last_inside_x_;
      std::uint32_t* column = columns_ + slot;
      if (whole_words_) {
        inside ? gather_words_inside<kSlots>(x0, column) : gather_words<kSlots>(x0, column);
      } else {
        auto* patch = reinterpret_cast<std::int8_t*>(columns_ + tap_pairs_ * kSlots);
        inside ? gather_bytes_inside(x0, patch) : gather_bytes(x0, patch);
        widen<kSlots>(patch, tap_pairs_ / 2, column);
      }
      advance();
    }
  }

 private:
  // Taps inside, within the kernel even when there are none.
  static Taps covered(std::int32_t origin, std::int32_t dilation, std::int32_t taps, std::int32_t size) {
    const Taps inside = taps_inside(origin, dilation, taps, size);
    return inside.begin < inside.end ? inside : Taps{taps, taps};
  }

  const std::int8_t* first_pixel(std::int32_t x0, Taps inside) const {
    return inside.begin == inside.end ? first_row_ : first_row_ + (x0 + inside.begin * p_.dilation_w) * depth_;
  }

  void enter_row() {
    const std::int32_t y0 = out_y_ * p_.stride_h - p_.pad_top;
    rows_ = covered(y0, p_.dilation_h, p_.kernel_h, p_.input_shape.h);
    first_row_ = rows_.begin == rows_.end ? image_ : image_ + (y0 + rows_.begin * p_.dilation_h) * row_bytes_;
    whole_rows_ = p_.dilation_w == 1 && rows_.begin == 0 && rows_.end == p_.kernel_h;
  }

  void advance() {
    if (++out_x_ < p_.output_shape.w) return;
    out_x_ = 0;
    if (++out_y_ == p_.output_shape.h) {
      out_y_ = 0;
      image_ += p_.input_shape.h * row_bytes_;
    }
    enter_row();
  }

  template <int kSlots>
  std::uint32_t* fill_words(std::int32_t words, std::uint32_t* column) const {
    const std::uint32_t pair = even_bytes(zero_word_);
    for (std::int32_t i = 2 * words; i > 0; --i, column += kSlots) *column = pair;
    return column;
  }

  // The whole window inside the image, its rows in one run each: nearly every pixel.
  template <int kSlots>
  void gather_words_inside(std::int32_t x0, std::uint32_t* column) const {
    const std::int32_t words = p_.kernel_w * depth_ / 4;
    const std::int32_t step = p_.dilation_h * row_bytes_;
    const std::int8_t* row = first_row_ + x0 * depth_;
    for (std::int32_t ky = p_.kernel_h; ky > 0; --ky, row += step) column = widen<kSlots>(row, words, column);
  }

  void gather_bytes_inside(std::int32_t x0, std::int8_t* place) const {
    const std::int32_t bytes = p_.kernel_w * depth_;
    const std::int32_t step = p_.dilation_h * row_bytes_;
    const std::int32_t after = 2 * tap_pairs_ - taps_;
    const std::int8_t* row = first_row_ + x0 * depth_;
    for (std::int32_t ky = p_.kernel_h; ky > 0; --ky, row += step) place = copy_bytes(row, bytes, place);
    for (std::int32_t i = after; i > 0; --i) *place++ = 0;
  }

  template <int kSlots>
  void gather_words(std::int32_t x0, std::uint32_t* column) const {
    const Taps inside = covered(x0, p_.dilation_w, p_.kernel_w, p_.input_shape.w);
    const std::int32_t words = depth_ / 4;
    column = fill_words<kSlots>(rows_.begin * p_.kernel_w * words, column);
    const std::int8_t* row = first_pixel(x0, inside);
    for (std::int32_t ky = rows_.begin; ky < rows_.end; ++ky, row += p_.dilation_h * row_bytes_) {
      column = fill_words<kSlots>(inside.begin * words, column);
      if (p_.dilation_w == 1) {
        column = widen<kSlots>(row, (inside.end - inside.begin) * words, column);
      } else {
        const std::int8_t* pixel = row;
        for (std::int32_t kx = inside.begin; kx < inside.end; ++kx, pixel += p_.dilation_w * depth_) {
          column = widen<kSlots>(pixel, words, column);
        }
      }
      column = fill_words<kSlots>((p_.kernel_w - inside.end) * words, column);
    }
    fill_words<kSlots>((p_.kernel_h - rows_.end) * p_.kernel_w * words, column);
  }

  std::int8_t* fill_bytes(std::int32_t bytes, std::int8_t* place) const {
    for (; bytes > 0; --bytes) *place++ = static_cast<std::int8_t>(zero_word_);
    return place;
  }

  static std::int8_t* copy_bytes(const std::int8_t* source, std::int32_t bytes, std::int8_t* place) {
    for (; bytes >= 4; bytes -= 4, source += 4, place += 4) store_word(place, load_word(source));
    for (; bytes > 0; --bytes) *place++ = *source++;
    return place;
  }

  void gather_bytes(std::int32_t x0, std::int8_t* place) const {
    const Taps inside = covered(x0, p_.dilation_w, p_.kernel_w, p_.input_shape.w);
    place = fill_bytes(rows_.begin * p_.kernel_w * depth_, place);
    const std::int8_t* row = first_pixel(x0, inside);
    for (std::int32_t ky = rows_.begin; ky < rows_.end; ++ky, row += p_.dilation_h * row_bytes_) {
      place = fill_bytes(inside.begin * depth_, place);
      if (p_.dilation_w == 1) {
        place = copy_bytes(row, (inside.end - inside.begin) * depth_, place);
      } else {
        const std::int8_t* pixel = row;
        for (std::int32_t kx = inside.begin; kx < inside.end; ++kx, pixel += p_.dilation_w * depth_) {
          place = copy_bytes(pixel, depth_, place);
        }
      }
      place = fill_bytes((p_.kernel_w - inside.end) * depth_, place);
    }
    place = fill_bytes((p_.kernel_h - rows_.end) * p_.kernel_w * depth_, place);
    // Weights are zero there; any value will do.
    fill_bytes(2 * tap_pairs_ - taps_, place);
  }

  const packed::ConvParams& p_;
  const std::int8_t* input_;
  std::uint32_t* columns_;
  std::int32_t depth_;
  std::int32_t row_bytes_;
  std::int32_t taps_;
  std::int32_t tap_pairs_;
  std::uint32_t zero_word_;
  std::int32_t last_inside_x_;  // where the window's columns still end inside
  bool whole_words_;
  bool contiguous_;                    // a pixel's taps follow those of the one before
  const std::int8_t* next_ = nullptr;  // of contiguous pixels
  const std::int8_t* image_ = nullptr;
  std::int32_t out_y_ = 0;
  std::int32_t out_x_ = 0;
  Taps rows_ = {};
  bool whole_rows_ = false;                 // the window's rows are all inside, its columns beside each other
  const std::int8_t* first_row_ = nullptr;  // that the window reaches
};

}  // namespace tinyrig::engine::dsp
