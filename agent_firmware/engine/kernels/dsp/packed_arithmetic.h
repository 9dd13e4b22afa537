// The few DSP instructions that kernels in C++ use, by what they do; on a host in plain C++.
#pragma once

#include <cstdint>
#include <cstring>

#include "agent_firmware/engine/fixed_point.h"
#include "wire/packed_model/params.h"
#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>
#endif

namespace tinyrig::engine::dsp {

// Four bytes as they lie, from any address.
inline std::uint32_t load_word(const void* address) {
  std::uint32_t word;
  std::memcpy(&word, address, sizeof(word));
  return word;
}

inline void store_word(void* address, std::uint32_t word) { std::memcpy(address, &word, sizeof(word)); }

// Bytes 0 and 2, each widened with its sign into a half (SXTB16).
inline std::uint32_t even_bytes(std::uint32_t word) {
#ifdef __ARM_FEATURE_DSP
  return static_cast<std::uint32_t>(__sxtb16(static_cast<int8x4_t>(word)));
#else
  const auto low = static_cast<std::uint16_t>(static_cast<std::int8_t>(word));
  const auto high = static_cast<std::uint16_t>(static_cast<std::int8_t>(word >> 16));
  return low | static_cast<std::uint32_t>(high) << 16;
#endif
}

// Bytes 1 and 3 (SXTB16 with rotation).
inline std::uint32_t odd_bytes(std::uint32_t word) {
#ifdef __ARM_FEATURE_DSP
  std::uint32_t halves;  // the intrinsic would rotate in an instruction of its own
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
  return halves;
#else
  return even_bytes(word >> 8 | word << 24);
#endif
}

// sum + a.low * b.low + a.high * b.high, wrapping (SMLAD).
inline std::int32_t multiply_add_halves(std::uint32_t a, std::uint32_t b, std::int32_t sum) {
#ifdef __ARM_FEATURE_DSP
  return __smlad(static_cast<int16x2_t>(a), static_cast<int16x2_t>(b), sum);
#else
  const auto half = [](std::uint32_t word, int shift) {
    return std::int32_t{static_cast<std::int16_t>(word >> shift)};
  };
  return wrapping_add(wrapping_add(sum, half(a, 0) * half(b, 0)), half(a, 16) * half(b, 16));
#endif
}

// Both halves added, each on its own, wrapping (SADD16).
inline std::uint32_t add_halves(std::uint32_t a, std::uint32_t b) {
#ifdef __ARM_FEATURE_DSP
  return static_cast<std::uint32_t>(__sadd16(static_cast<int16x2_t>(a), static_cast<int16x2_t>(b)));
#else
  return ((a + b) & 0xFFFFU) | ((a & 0xFFFF0000U) + (b & 0xFFFF0000U));
#endif
}

// (a * b + 2^31) >> 32 (SMMULR). With a doubled, the reference's rounding doubling high multiplication.
inline std::int32_t multiply_high_rounded(std::int32_t a, std::int32_t b) {
#ifdef __ARM_FEATURE_DSP
  std::int32_t result;
  __asm__("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
#else
  return static_cast<std::int32_t>((static_cast<std::int64_t>(a) * b + (std::int64_t{1} << 31)) >> 32);
#endif
}

// Halves away from zero, then >> shift; rounding = 2^(shift - 1) + whatever is to be added after the shift, << shift.
inline std::int32_t shift_rounded(std::int32_t x, std::int32_t rounding, std::int32_t shift) {
  return wrapping_add(wrapping_add(x, x >> 31), rounding) >> shift;
}

inline std::int32_t saturate_int8(std::int32_t x) {
#ifdef __ARM_FEATURE_DSP
  return __ssat(x, 8);
#else
  return clamp(x, -128, 127);
#endif
}

// An output before the clamp to the activation's range. The DSP layout stores the bias doubled.
inline std::int32_t requantize_doubled(const packed::Requantization& scale, std::int32_t doubled_sum) {
  const std::int32_t scaled = multiply_high_rounded(wrapping_add(doubled_sum, scale.bias), scale.multiplier);
  return saturate_int8(shift_rounded(scaled, scale.rounding, scale.shift));
}

}  // namespace tinyrig::engine::dsp
