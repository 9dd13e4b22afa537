// The few instructions that the kernels are made of, by what they do.
#pragma once

#include <cstdint>

#include "agent_firmware/engine/fixed_point.h"
#include "wire/packed_model/params.h"

namespace tinyrig::engine::scalar {

// sum += weight * words. GCC 12 would otherwise add up products before it adds them to the sum, and spill.
inline void multiply_add(std::uint32_t& sum, std::uint32_t weight, std::uint32_t words) {
#ifdef __riscv
  std::uint32_t product;
  __asm__("mul %1, %2, %3\n\tadd %0, %0, %1" : "+r"(sum), "=&r"(product) : "r"(weight), "r"(words));
#else
  sum += weight * words;
#endif
}

// sum += input * (byte 1 of word + 2^16 * byte 3 of word).
inline void multiply_add_odd_bytes(std::uint32_t& sum, std::uint32_t word, std::int32_t input) {
#ifdef __riscv
  // The high half of (input << 24) * (byte 1 << 8 | byte 3 << 24), exactly.
  std::uint32_t product;
  __asm__("mulhsu %1, %2, %3\n\tadd %0, %0, %1"
          : "+r"(sum), "=&r"(product)
          : "r"(input * (1 << 24)), "r"(word & 0xFF00FF00U));
#else
  sum += static_cast<std::uint32_t>(input) * (word >> 8 & 0x00FF00FFU);
#endif
}

// The high half of a * b; b >= 0.
inline std::int32_t multiply_high(std::int32_t a, std::int32_t b) {
#ifdef __ARM_ARCH_6M__
  // From products of halves: this core has no other.
  const std::int32_t a_high = a >> 16, b_high = b >> 16;
  const std::uint32_t a_low = static_cast<std::uint16_t>(a), b_low = static_cast<std::uint16_t>(b);
  const std::int32_t middle =
      a_high * static_cast<std::int32_t>(b_low) + static_cast<std::int32_t>(a_low * b_low >> 16);
  const std::uint32_t low = static_cast<std::uint16_t>(middle) + a_low * static_cast<std::uint32_t>(b_high);
  return a_high * b_high + (middle >> 16) + static_cast<std::int32_t>(low >> 16);
#else
  return static_cast<std::int32_t>((static_cast<std::int64_t>(a) * b) >> 32);
#endif
}

// Of Requantization, what comes after the bias.
struct Scale {
  std::int32_t multiplier, rounding, shift;
};

// Range of an operator's outputs.
struct OutputRange {
  std::int32_t low, high;

  // `sum`: with its bias, shifted left by kHeadroom (scalar_layout.h). kSigned: outputs below the zero point exist, so
  // that halves must go away from zero on that side too.
  template <int kHeadroom, bool kSigned>
  [[gnu::always_inline]] std::int8_t requantize(std::int32_t sum, const Scale& scale) const {
    std::int32_t high_half = multiply_high(sum, scale.multiplier);
    if constexpr (kSigned) {
      const std::int32_t sign = wrapping_add(high_half, 1 << (kHeadroom - 2)) >> 31;
      high_half = wrapping_add(high_half, wrapping_shift_left(sign, kHeadroom - 1));
    }
    std::int32_t output = wrapping_add(high_half, scale.rounding) >> scale.shift;
    if (output < low) output = low;
    if (output > high) output = high;
    return static_cast<std::int8_t>(output);
  }
};

}  // namespace tinyrig::engine::scalar
