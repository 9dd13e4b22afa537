// Fixed-point arithmetic of int8 inference, bit for bit that of gemmlowp and of TensorFlow Lite Micro's
// double-rounding requantization. Total: no argument gives undefined behaviour; what would overflow wraps.
#pragma once

#include <cstdint>
#include <limits>

namespace tinyrig::engine {

constexpr std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

constexpr std::int32_t wrapping_sub(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

constexpr std::int32_t wrapping_shift_left(std::int32_t x, std::int32_t bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << bits);
}

constexpr std::int32_t clamp(std::int32_t x, std::int32_t low, std::int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

// a * b / 2^31, halves rounded up; saturates for the one product that does not fit. gemmlowp writes this as
// a division that truncates after a nudge that depends on the sign; shifting floors, and both agree.
constexpr std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a, std::int32_t b) {
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  return static_cast<std::int32_t>((product + (std::int64_t{1} << 30)) >> 31);
}

// x / 2^exponent, halves rounded away from zero. exponent >= 0; 32 and more give 0.
constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x, std::int32_t exponent) {
  if (exponent > 31) {
    return 0;
  }
  const std::uint32_t mask = exponent == 0 ? 0U : 0xFFFFFFFFU >> (32 - exponent);
  const std::uint32_t remainder = static_cast<std::uint32_t>(x) & mask;
  const std::uint32_t threshold = (mask >> 1) + (x < 0 ? 1U : 0U);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

// x * 2^exponent, saturated. 0 <= exponent <= 31.
constexpr std::int32_t saturating_shift_left(std::int32_t x, std::int32_t exponent) {
  const std::int64_t wide = static_cast<std::int64_t>(x) * (std::int64_t{1} << exponent);
  if (wide > std::numeric_limits<std::int32_t>::max()) {
    return std::numeric_limits<std::int32_t>::max();
  }
  if (wide < std::numeric_limits<std::int32_t>::min()) {
    return std::numeric_limits<std::int32_t>::min();
  }
  return static_cast<std::int32_t>(wide);
}

// x * multiplier / 2^31 * 2^shift, rounded twice: after the multiplication and after the right shift.
// shift in [-31, 31].
constexpr std::int32_t multiply_by_quantized_multiplier(std::int32_t x, std::int32_t multiplier, std::int32_t shift) {
  const std::int32_t left = shift > 0 ? shift : 0;
  const std::int32_t right = shift > 0 ? 0 : -shift;
  return rounding_divide_by_power_of_two(
      saturating_rounding_doubling_high_mul(wrapping_shift_left(x, left), multiplier), right);
}

// An accumulator to an int8 output: scaled, moved by the zero point, clamped to [low, high] within int8.
constexpr std::int8_t requantize(std::int32_t accumulator, std::int32_t multiplier, std::int32_t shift,
                                 std::int32_t output_offset, std::int32_t low, std::int32_t high) {
  const std::int32_t scaled = multiply_by_quantized_multiplier(accumulator, multiplier, shift);
  return static_cast<std::int8_t>(clamp(wrapping_add(scaled, output_offset), low, high));
}

}  // namespace tinyrig::engine
