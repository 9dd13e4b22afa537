// A model slot in the flash of STM32F4, which the firmware programs itself. Sources: RM0090 and RM0390, chapter FLASH.
// The core waits while flash is erased or programmed, for it runs from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/flash_controller.h"

namespace tinyrig::port::stm32::f4 {

inline constexpr std::uintptr_t kFlashStart = 0x0800'0000;

// 512 KiB have sectors of 16, 16, 16, 16, 64 and then 128 KiB each; 1 MiB has more of the last.
constexpr std::size_t sector_bytes(unsigned sector) {
  return sector < 4 ? 16 * 1024 : sector == 4 ? 64 * 1024 : 128 * 1024;
}
constexpr std::uintptr_t sector_address(unsigned sector) {
  std::uintptr_t address = kFlashStart;
  for (unsigned before = 0; before < sector; ++before) address += sector_bytes(before);
  return address;
}

struct FlashRegisters {
  static constexpr std::uintptr_t kAccess = 0x4002'3C00, kKey = 0x4002'3C04, kStatus = 0x4002'3C0C,
                                  kControl = 0x4002'3C10;
  static constexpr std::uint32_t kErrors = 0x1F2;  // OPERR, WRPERR, PGAERR, PGPERR, PGSERR, RDERR
  // A sector of 128 KiB takes 2 s at most, and the polls wait with the flash: this never ends before.
  static constexpr std::uint32_t kRounds = 90'000'000;
};

template <unsigned kFirstSector, unsigned kSectors, class Registers = MappedRegisters>
struct FlashSlot : FlashController<FlashRegisters, Registers> {
  using Controller = FlashController<FlashRegisters, Registers>;
  using Controller::finished, Controller::holds, Controller::kControl, Controller::kStart, Controller::lock,
      Controller::unlock;
  static constexpr std::uintptr_t kAddress = sector_address(kFirstSector);
  static constexpr std::size_t kBytes = sector_address(kFirstSector + kSectors) - kAddress;

  static std::span<const std::byte> bytes() { return {at_address<const std::byte>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }

  static bool erase(std::size_t size) {
    if (size > kBytes || !unlock()) return false;
    bool done = true;
    for (unsigned sector = kFirstSector; done && sector_address(sector) < kAddress + size; ++sector) {
      Registers::write(kControl, kBy32 | kSectorErase | sector << 3);
      set_bits<Registers>(kControl, kStart);
      done = finished();
    }
    lock();
    return done;
  }

  static bool program(std::size_t offset, std::span<const std::byte> data) {
    if (offset > kBytes || data.size() > kBytes - offset || offset % 4 != 0 || data.size() % 4 != 0) return false;
    if (!unlock()) return false;
    Registers::write(kControl, kBy32 | kProgram);
    bool done = true;
    for (std::size_t i = 0; done && i < data.size(); i += 4) {
      std::uint32_t word;
      std::memcpy(&word, data.data() + i, sizeof word);
      Registers::write(kAddress + offset + i, word);
      done = finished();
    }
    lock();
    return done && holds(kAddress + offset, data);
  }

  static constexpr std::uint32_t kProgram = 1U << 0, kSectorErase = 1U << 1, kBy32 = 2U << 8;
};

}  // namespace tinyrig::port::stm32::f4
