// Three int8 values in two words, so that two multiplications by a weight do the work of three.
//
// With sums a, b, c in [-2^20, 2^20) and words mod 2^32
//   outer = a + b * 2^21, inner = c + b * 2^10
// the low 21 bits of outer are a's; what is left of it are the low 11 bits of b; without them inner is
// c + (b >> 11) * 2^21, whose low 21 bits are c's and whose rest is the rest of b.
#pragma once

#include <cstdint>

#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine::scalar {

using packed::scalar::kInnerLaneShift;
using packed::scalar::kLanePixels;
using packed::scalar::kLaneWords;
using packed::scalar::kOuterLaneShift;

inline void join_lanes(std::int32_t a, std::int32_t b, std::int32_t c, std::uint32_t* words) {
  const std::uint32_t shifted = static_cast<std::uint32_t>(b) << kInnerLaneShift;
  words[0] = static_cast<std::uint32_t>(a) + (shifted << (kOuterLaneShift - kInnerLaneShift));
  words[1] = static_cast<std::uint32_t>(c) + shifted;
}

// The three sums, shifted left by 32 - 21 bits (as far as they allow).
struct Lanes {
  std::int32_t a, b, c;
};
inline Lanes split_lanes(std::uint32_t outer, std::uint32_t inner) {
  constexpr int kUnused = 32 - kOuterLaneShift;
  const auto arithmetic = [](std::uint32_t word) { return static_cast<std::int32_t>(word) >> kUnused; };
  const std::uint32_t a = outer << kUnused;
  const auto low_b = static_cast<std::uint32_t>(arithmetic(outer - static_cast<std::uint32_t>(arithmetic(a))));
  inner -= low_b;
  const std::uint32_t c = inner << kUnused;
  const std::uint32_t high_b = inner - static_cast<std::uint32_t>(arithmetic(c));
  return {static_cast<std::int32_t>(a), static_cast<std::int32_t>((low_b + high_b) << 1), static_cast<std::int32_t>(c)};
}

}  // namespace tinyrig::engine::scalar
