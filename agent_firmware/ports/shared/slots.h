// Kinds of model slots. A board names one as `Slot` in its board_config.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tinyrig::port {

struct NoSlot {
  static std::span<const std::byte> bytes() { return {}; }
  static constexpr bool writable() { return false; }
  static bool erase(std::size_t) { return false; }
  static bool program(std::size_t, std::span<const std::byte>) { return false; }
};

// Flash that the firmware cannot write; the flasher can.
template <std::uintptr_t kAddress, std::size_t kBytes>
struct ReadOnlySlot {
  static std::span<const std::byte> bytes() { return {reinterpret_cast<const std::byte*>(kAddress), kBytes}; }
  static constexpr bool writable() { return false; }
  static bool erase(std::size_t) { return false; }
  static bool program(std::size_t, std::span<const std::byte>) { return false; }
};

// Code memory that QEMU makes of plain RAM, used as NOR flash would be: erased bytes are 0xFF, programming
// only clears bits, and what cannot be programmed without an erase is an error. The launcher keeps it over
// power cycles.
template <std::uintptr_t kAddress, std::size_t kBytes, std::size_t kSectorBytes = 4096>
struct NorSlot {
  static std::span<const std::byte> bytes() { return {reinterpret_cast<const std::byte*>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }
  static bool erase(std::size_t size) {
    if (size > kBytes) return false;
    const std::size_t whole_sectors = (size + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
    std::memset(reinterpret_cast<void*>(kAddress), 0xFF, whole_sectors);
    return true;
  }
  static bool program(std::size_t offset, std::span<const std::byte> data) {
    if (offset > kBytes || data.size() > kBytes - offset) return false;
    volatile std::byte* cell = reinterpret_cast<volatile std::byte*>(kAddress + offset);
    for (const std::byte wanted : data) {
      const std::byte now = *cell & wanted;
      *cell = now;
      if (now != wanted || *cell != wanted) return false;
      ++cell;
    }
    return true;
  }
};

}  // namespace tinyrig::port
