// Golden inputs: the same pseudo-random bytes on host and board from a seed alone, so that an input need
// not cross the link. Xorshift32 (Marsaglia's 13, 17, 5); each step gives one byte, its low eight bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::wire {

// `seed` must not be 0 (xorshift would stay there); 0 is taken as 1. Returns the state reached: given as
// seed, it goes on where this call stopped, for inputs of several tensors.
constexpr std::uint32_t fill_golden_input(std::uint32_t seed, std::span<std::uint8_t> bytes) {
  std::uint32_t x = seed == 0 ? 1U : seed;
  for (std::uint8_t& byte : bytes) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    byte = static_cast<std::uint8_t>(x & 0xFFU);
  }
  return x;
}

inline std::uint32_t fill_golden_input(std::uint32_t seed, std::span<std::byte> bytes) {
  return fill_golden_input(seed, std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
}

}  // namespace tinyrig::wire
