// Gathers the input of a convolution for output pixels beside each other: the taps of three pixels share two words
// (lanes.h). What lies outside of the image is the input's zero point, read from a pixel of its own.
#pragma once

#include "agent_firmware/engine/kernel.h"
#include "agent_firmware/engine/kernels/scalar/lanes.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine::scalar {

inline constexpr int kMaxTriples = packed::scalar::max_triples(static_cast<packed::Core>(TINYRIG_CORE));

class Patches {
 public:
  Patches(const packed::ConvParams& p, const Memory& memory)
      : p_(p),
        input_(memory.read<std::int8_t>(p.input)),
        words_(memory.write<std::uint32_t>(p.scratch)),
        depth_(p.input_shape.c),
        row_bytes_(p.input_shape.w * p.input_shape.c),
        pointwise_(p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 && p.pad_top == 0 &&
                   p.pad_left == 0 && p.input_shape.h == p.output_shape.h && p.input_shape.w == p.output_shape.w),
        rows_are_runs_(p.dilation_w == 1) {
    const auto taps = static_cast<std::uint32_t>(p.kernel_h * p.kernel_w * depth_);
    const std::uint32_t words = packed::scalar::conv_scratch_words(taps, 0, kMaxTriples);
    auto* outside = memory.write<std::int8_t>(p.scratch) + words * sizeof(std::uint32_t);
    for (std::int32_t c = 0; c < depth_; ++c) outside[c] = static_cast<std::int8_t>(-p.input_offset);
    outside_ = outside;
  }

  const std::uint32_t* words() const { return words_; }

  // The words of kTriples * 3 output pixels from `pixel` on, counted over the whole batch; `step` 1, or 0 for the same
  // pixel over and over.
  template <int kTriples>
  void gather(std::int32_t pixel, std::int32_t step) {
    constexpr int kPixels = kTriples * static_cast<int>(kLanePixels);
    if (pointwise_) {
      for (int i = 0; i < kPixels; ++i) sources_[i] = input_ + (pixel + i * step) * depth_;
      write<kTriples>(depth_, words_);
      return;
    }
    seek(pixel);
    for (int i = 0; i < kPixels; ++i) {
      windows_[i] = {image_, out_y_ * p_.stride_h - p_.pad_top, out_x_ * p_.stride_w - p_.pad_left};
      if (step != 0) advance();
    }
    std::uint32_t* words = words_;
    for (std::int32_t ky = 0; ky < p_.kernel_h; ++ky) {
      if (rows_are_runs_ && all_inside(kPixels, ky)) {
        for (int i = 0; i < kPixels; ++i) sources_[i] = pixel_of(windows_[i], ky, 0);
        words = write<kTriples>(p_.kernel_w * depth_, words);
        continue;
      }
      for (std::int32_t kx = 0; kx < p_.kernel_w; ++kx) {
        for (int i = 0; i < kPixels; ++i) {
          const Window& window = windows_[i];
          const std::int32_t x = window.x + kx * p_.dilation_w;
          const bool inside = row_inside(window, ky) && x >= 0 && x < p_.input_shape.w;
          sources_[i] = inside ? pixel_of(window, ky, kx) : outside_;
        }
        words = write<kTriples>(depth_, words);
      }
    }
  }

 private:
  struct Window {  // of an output pixel: where it begins, maybe outside
    const std::int8_t* image;
    std::int32_t y, x;
  };

  void seek(std::int32_t pixel) {
    const std::int32_t per_image = p_.output_shape.h * p_.output_shape.w;
    const std::int32_t in_image = pixel % per_image;
    image_ = input_ + pixel / per_image * p_.input_shape.h * row_bytes_;
    out_y_ = in_image / p_.output_shape.w;
    out_x_ = in_image % p_.output_shape.w;
  }

  void advance() {
    if (++out_x_ < p_.output_shape.w) return;
    out_x_ = 0;
    if (++out_y_ < p_.output_shape.h) return;
    out_y_ = 0;
    image_ += p_.input_shape.h * row_bytes_;
  }

  bool row_inside(const Window& window, std::int32_t ky) const {
    const std::int32_t y = window.y + ky * p_.dilation_h;
    return y >= 0 && y < p_.input_shape.h;
  }

  const std::int8_t* pixel_of(const Window& window, std::int32_t ky, std::int32_t kx) const {
    return window.image + (window.y + ky * p_.dilation_h) * row_bytes_ + (window.x + kx * p_.dilation_w) * depth_;
  }

  bool all_inside(int pixels, std::int32_t ky) const {
    const std::int32_t last_x = p_.input_shape.w - p_.kernel_w;
    for (int i = 0; i < pixels; ++i) {
      if (!row_inside(windows_[i], ky) || windows_[i].x < 0 || windows_[i].x > last_x) return false;
    }
    return true;
  }

  // `count` bytes from each source.
  template <int kTriples>
  std::uint32_t* write(std::int32_t count, std::uint32_t* words) const {
    constexpr int kPixels = kTriples * static_cast<int>(kLanePixels);
    const std::int8_t* s[kPixels];
#pragma GCC unroll 6
    for (int i = 0; i < kPixels; ++i) s[i] = sources_[i];
    const std::int8_t* end = s[0] + count;
    const std::int8_t* end_of_fours = s[0] + count / 4 * 4;
    const auto take = [&](int taps) {
#pragma GCC unroll 4
      for (int tap = 0; tap < taps; ++tap) {
#pragma GCC unroll 2
        for (int t = 0; t < kTriples; ++t, words += kLaneWords) {
          join_lanes(s[3 * t][tap], s[3 * t + 1][tap], s[3 * t + 2][tap], words);
        }
      }
#pragma GCC unroll 6
      for (int i = 0; i < kPixels; ++i) s[i] += taps;
    };
    while (s[0] != end_of_fours) take(4);
    while (s[0] != end) take(1);
    return words;
  }

  const packed::ConvParams& p_;
  const std::int8_t* input_;
  const std::int8_t* outside_;
  std::uint32_t* words_;
  std::int32_t depth_;
  std::int32_t row_bytes_;
  bool pointwise_;
  bool rows_are_runs_;
  const std::int8_t* image_ = nullptr;
  std::int32_t out_y_ = 0;
  std::int32_t out_x_ = 0;
  Window windows_[kMaxTriples * kLanePixels] = {};
  const std::int8_t* sources_[kMaxTriples * kLanePixels] = {};
};

}  // namespace tinyrig::engine::scalar
