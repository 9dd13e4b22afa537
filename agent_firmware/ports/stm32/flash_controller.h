// What the flash controllers of STM32F4 and STM32L4+ have in common: keys, busy and error bits, the lock, the caches.
// Sources: RM0090, RM0390 and RM0432, chapters FLASH.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::stm32 {

/// `Chip` has the addresses kAccess, kKey, kStatus, kControl; kErrors, the status bits of errors; and kRounds, how
/// often to poll before an operation counts as failed.
template <class Chip, class Registers>
struct FlashController : Chip {
  using Chip::kAccess, Chip::kControl, Chip::kErrors, Chip::kKey, Chip::kRounds, Chip::kStatus;

  static constexpr std::uint32_t kBusy = 1U << 16, kStart = 1U << 16, kLocked = 1U << 31;
  static constexpr std::uint32_t kInstructionCache = 1U << 9, kDataCache = 1U << 10, kInstructionCacheReset = 1U << 11,
                                 kDataCacheReset = 1U << 12, kCaches = kInstructionCache | kDataCache;

  // The caches are off until lock(): of L4, the data cache may not be on while flash is erased or programmed; of both
  // families, a cache that is on cannot be reset.
  static bool unlock() {
    if (!poll<Registers>(kStatus, kBusy, 0, kRounds)) return false;
    if ((Registers::read(kControl) & kLocked) != 0) {
      Registers::write(kKey, 0x4567'0123);
      Registers::write(kKey, 0xCDEF'89AB);
    }
    Registers::write(kStatus, kErrors);  // written ones clear
    if ((Registers::read(kControl) & kLocked) != 0) return false;
    access_ = Registers::read(kAccess);
    Registers::write(kAccess, access_ & ~kCaches);
    return true;
  }
  static bool finished() {
    return poll<Registers>(kStatus, kBusy, 0, kRounds) && (Registers::read(kStatus) & kErrors) == 0;
  }
  // After unlock() alone. The caches may hold what was there before.
  static void lock() {
    Registers::write(kControl, kLocked);
    Registers::write(kAccess, (access_ & ~kCaches) | kInstructionCacheReset | kDataCacheReset);
    Registers::write(kAccess, access_ & ~kCaches);
    Registers::write(kAccess, access_);
  }
  static bool holds(std::uintptr_t address, std::span<const std::byte> data) {
    for (std::size_t i = 0; i < data.size(); i += 4) {
      std::uint32_t word;
      std::memcpy(&word, data.data() + i, sizeof word);
      if (Registers::read(address + i) != word) return false;
    }
    return true;
  }

 private:
  static inline std::uint32_t access_ = 0;  // kAccess as unlock() found it
};

}  // namespace tinyrig::port::stm32
