// Sliding windows: which taps of a filter fall inside the input.
#pragma once

#include <cstdint>

namespace tinyrig::engine {

// Taps [begin, end).
struct Taps {
  std::int32_t begin;
  std::int32_t end;
};

// Taps k of a filter of `taps` for which 0 <= origin + k * dilation < size. All within kMaxExtent, `origin`
// within the product of two.
inline Taps taps_inside(std::int32_t origin, std::int32_t dilation, std::int32_t taps, std::int32_t size) {
  std::int32_t begin = origin < 0 ? -origin : 0;
  std::int32_t end = size - origin;
  if (dilation != 1) {
    begin = (begin + dilation - 1) / dilation;
    end = end > 0 ? (end + dilation - 1) / dilation : 0;
  }
  end = end < taps ? end : taps;
  return {begin, end < begin ? begin : end};
}

}  // namespace tinyrig::engine
