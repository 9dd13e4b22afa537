// Memory measured by painting: fill it with a pattern, run, look how far the pattern is gone.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace tinyrig::agent {

inline constexpr std::byte kPattern{0xA5};

inline void paint(std::span<std::byte> memory) {
  if (!memory.empty()) {
    std::memset(memory.data(), std::to_integer<int>(kPattern), memory.size());
  }
}

// Bytes up to the highest one that was written since then.
inline std::size_t used_bytes(std::span<const std::byte> memory) {
  std::size_t used = memory.size();
  while (used > 0 && memory[used - 1] == kPattern) {
    --used;
  }
  return used;
}

}  // namespace tinyrig::agent
