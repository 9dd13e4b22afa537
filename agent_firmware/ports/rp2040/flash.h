// The flash chip beside RP2040: a model slot that the firmware programs itself, and the chip's unique id. By the
// functions of the boot ROM, from RAM, with interrupts masked: while they run, flash cannot be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::rp2040 {

inline constexpr std::uintptr_t kFlashStart = 0x1000'0000;
inline constexpr std::size_t kSectorBytes = 4096, kPageBytes = 256, kUniqueIdBytes = 8;

// Both at multiples of sector and page. Interrupts come back as they were.
void erase_flash(std::uint32_t offset, std::size_t bytes);
void program_flash(std::uint32_t offset, const std::uint8_t* page);
// False: the chip did not answer in time.
bool read_unique_id(std::span<std::uint8_t, kUniqueIdBytes> id);

// What a line that nobody drives gives is the same byte all along.
constexpr bool is_unique_id(std::span<const std::uint8_t, kUniqueIdBytes> id) {
  for (const std::uint8_t byte : id) {
    if (byte != id[0]) return true;
  }
  return false;
}

// The id of the flash chip is the board's: the RP2040 has none. Empty where it could not be read.
struct UnitId {
  static void init() { is_known_ = read_unique_id(id_) && is_unique_id(id_); }
  static std::span<const std::uint8_t> bytes() { return {id_, is_known_ ? kUniqueIdBytes : 0}; }

 private:
  static inline std::uint8_t id_[kUniqueIdBytes] = {};
  static inline bool is_known_ = false;
};

bool erase_slot(std::uintptr_t slot, std::size_t slot_bytes, std::size_t size);
bool program_slot(std::uintptr_t slot, std::size_t slot_bytes, std::size_t offset, std::span<const std::byte> data);

template <std::uintptr_t kAddress, std::size_t kBytes>
struct FlashSlot {
  static_assert(kAddress % kSectorBytes == 0 && kBytes % kSectorBytes == 0);
  static std::span<const std::byte> bytes() { return {at_address<const std::byte>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }
  static bool erase(std::size_t size) { return erase_slot(kAddress, kBytes, size); }
  static bool program(std::size_t offset, std::span<const std::byte> data) {
    return program_slot(kAddress, kBytes, offset, data);
  }
};

}  // namespace tinyrig::port::rp2040
