// FNV-1a, 32 bit: the short fingerprint of tensors in golden vectors and in the agent's answers. Not for
// integrity (that is CRC-32) and not for security. Incremental like crc32: pass the previous result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::wire {

inline constexpr std::uint32_t kFnv1aSeed = 0x811C9DC5U;

constexpr std::uint32_t fnv1a_32(std::span<const std::uint8_t> bytes, std::uint32_t hash = kFnv1aSeed) {
  for (const std::uint8_t byte : bytes) {
    hash ^= byte;
    hash *= 0x01000193U;
  }
  return hash;
}

inline std::uint32_t fnv1a_32(std::span<const std::byte> bytes, std::uint32_t hash = kFnv1aSeed) {
  return fnv1a_32(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), hash);
}

}  // namespace tinyrig::wire
