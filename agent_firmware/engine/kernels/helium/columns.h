// Gathers columns of taps for CONV_2D: the input under the windows of consecutive output pixels, with the input's zero
// point where a window leaves it. Pixels whose windows stay within a row are copied together, tap row by tap row.
#pragma once

#include <cstdint>

#include "agent_firmware/engine/kernels/helium/bytes.h"
#include "agent_firmware/engine/kernels/portable/window.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine::helium {

class Columns {
 public:
  Columns(const packed::ConvParams& p, const std::int8_t* input, std::int32_t column_bytes)
      : p_(p),
        image_(input),
        depth_(p.input_shape.c),
        row_bytes_(p.input_shape.w * p.input_shape.c),
        column_bytes_(column_bytes),
        // Without dilation, neighbouring taps are neighbours in the input.
        run_taps_(p.dilation_w == 1 ? p.kernel_w : 1),
        zero_(static_cast<std::int8_t>(-p.input_offset)) {
    const std::int32_t reach = (p.kernel_w - 1) * p.dilation_w;
    const std::int32_t beyond = p.input_shape.w + p.pad_left - reach;  // windows begin before it
    inside_begin_ = (p.pad_left + p.stride_w - 1) / p.stride_w;
    inside_end_ = beyond > 0 ? (beyond + p.stride_w - 1) / p.stride_w : 0;
  }

  // The next `count` pixels' columns.
  void gather(std::int8_t* to, std::int32_t count) {
    while (count > 0) {
      const std::int32_t left_in_row = p_.output_shape.w - x_;
      const std::int32_t pixels = count < left_in_row ? count : left_in_row;
      gather_in_row(to, x_ + pixels);
      to += pixels * column_bytes_;
      count -= pixels;
      if (x_ == p_.output_shape.w) {
        next_row();
      }
    }
  }

 private:
  void gather_in_row(std::int8_t* to, std::int32_t end) {
    const std::int32_t y0 = y_ * p_.stride_h - p_.pad_top;
    const Taps rows = taps_inside(y0, p_.dilation_h, p_.kernel_h, p_.input_shape.h);
    const std::int8_t* first = rows.begin < rows.end ? image_ + (y0 + rows.begin * p_.dilation_h) * row_bytes_ : image_;
    for (; x_ < end && x_ < inside_begin_; ++x_, to += column_bytes_) {
      gather_clipped(to, first, rows);
    }
    const std::int32_t inside = (end < inside_end_ ? end : inside_end_) - x_;
    if (inside > 0) {
      gather_inside(to, first + (x_ * p_.stride_w - p_.pad_left) * depth_, rows, inside);
      x_ += inside;
      to += inside * column_bytes_;
    }
    for (; x_ < end; ++x_, to += column_bytes_) {
      gather_clipped(to, first, rows);
    }
  }

  // `count` pixels whose windows leave the input at most above and below. `from` is in the first row of taps inside.
  void gather_inside(std::int8_t* to, const std::int8_t* from, Taps rows, std::int32_t count) const {
    const std::int32_t run_bytes = run_taps_ * depth_;
    for (std::int32_t ky = 0; ky < p_.kernel_h; ++ky) {
      if (ky < rows.begin || ky >= rows.end) {
        for (std::int32_t i = 0; i < count; ++i) {
          fill(to + i * column_bytes_, zero_, p_.kernel_w * depth_);
        }
        to += p_.kernel_w * depth_;
        continue;
      }
      for (std::int32_t kx = 0; kx < p_.kernel_w; kx += run_taps_, to += run_bytes) {
        copy_runs(to, column_bytes_, from + kx * p_.dilation_w * depth_, p_.stride_w * depth_, run_bytes, count);
      }
      from += p_.dilation_h * row_bytes_;
    }
  }

  // One pixel, whose window may leave the input anywhere.
  void gather_clipped(std::int8_t* to, const std::int8_t* first, Taps rows) const {
    const std::int32_t x0 = x_ * p_.stride_w - p_.pad_left;
    const Taps taps = taps_inside(x0, p_.dilation_w, p_.kernel_w, p_.input_shape.w);
    fill(to, zero_, p_.kernel_h * p_.kernel_w * depth_);
    if (taps.begin >= taps.end) {
      return;
    }
    const std::int32_t run_bytes = (run_taps_ == 1 ? 1 : taps.end - taps.begin) * depth_;
    const std::int8_t* row = first + (x0 + taps.begin * p_.dilation_w) * depth_;
    for (std::int32_t ky = rows.begin; ky < rows.end; ++ky, row += p_.dilation_h * row_bytes_) {
      std::int8_t* const to_row = to + ky * p_.kernel_w * depth_;
      const std::int8_t* from = row;
      for (std::int32_t kx = taps.begin; kx < taps.end; kx += run_taps_, from += p_.dilation_w * depth_) {
        copy(to_row + kx * depth_, from, run_bytes);
      }
    }
  }

  void next_row() {
    x_ = 0;
    if (++y_ == p_.output_shape.h) {
      y_ = 0;
      image_ += p_.input_shape.h * row_bytes_;
    }
  }

  const packed::ConvParams& p_;
  const std::int8_t* image_;
  std::int32_t depth_, row_bytes_, column_bytes_;
  std::int32_t run_taps_;
  std::int8_t zero_;
  std::int32_t inside_begin_, inside_end_;  // output columns whose windows stay within a row
  std::int32_t x_ = 0, y_ = 0;              // the next pixel
};

}  // namespace tinyrig::engine::helium
