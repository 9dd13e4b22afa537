// A model slot in the flash of nRF51 and nRF52, which the firmware programs itself, in pages and words. Sources: nRF51
// Series reference manual and nRF52840 product specification, chapter NVMC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf {

template <std::uintptr_t kAddress, std::size_t kBytes, std::size_t kPageBytes>
struct FlashSlot {
  static_assert(kAddress % kPageBytes == 0 && kBytes % kPageBytes == 0);

  static std::span<const std::byte> bytes() { return {reinterpret_cast<const std::byte*>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }

  static bool erase(std::size_t size) {
    if (size > kBytes) return false;
    bool done = set_mode(kEraseEnabled);
    for (std::size_t offset = 0; done && offset < size; offset += kPageBytes) {
      reg32(kErasePage) = static_cast<std::uint32_t>(kAddress + offset);
      done = wait_ready();
    }
    if (!set_mode(kReadOnly) || !done) return false;
    for (std::size_t offset = 0; offset < size; offset += 4) {
      if (reg32(kAddress + offset) != 0xFFFF'FFFF) return false;
    }
    return true;
  }

  static bool program(std::size_t offset, std::span<const std::byte> data) {
    if (offset > kBytes || data.size() > kBytes - offset || offset % 4 != 0 || data.size() % 4 != 0) return false;
    bool done = set_mode(kWriteEnabled);
    for (std::size_t i = 0; done && i < data.size(); i += 4) {
      std::uint32_t word;
      std::memcpy(&word, data.data() + i, sizeof word);
      reg32(kAddress + offset + i) = word;
      done = wait_ready();
    }
    if (!set_mode(kReadOnly) || !done) return false;
    return std::memcmp(reinterpret_cast<const void*>(kAddress + offset), data.data(), data.size()) == 0;
  }

 private:
  static constexpr std::uintptr_t kReady = 0x4001'E400, kConfig = 0x4001'E504, kErasePage = 0x4001'E508;
  static constexpr std::uint32_t kReadOnly = 0, kWriteEnabled = 1, kEraseEnabled = 2;
  // A page takes 90 ms at most, and the core waits with it where it runs from the same flash.
  static constexpr std::uint32_t kRounds = 2'000'000;

  static bool wait_ready() { return poll<MappedRegisters>(kReady, 1, 1, kRounds); }
  static bool set_mode(std::uint32_t mode) {
    reg32(kConfig) = mode;
    return wait_ready();
  }
};

}  // namespace tinyrig::port::nrf
