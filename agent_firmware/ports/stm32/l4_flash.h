// A model slot in the flash of STM32L4+ (2 MiB), which the firmware programs itself. Source: RM0432, chapter FLASH.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/flash_controller.h"

namespace tinyrig::port::stm32::l4 {

inline constexpr std::uintptr_t kFlashStart = 0x0800'0000;
inline constexpr std::size_t kFlashBytes = 2 * 1024 * 1024;

// How flash is divided is an option of the chip (DBANK): two banks with pages of 4 KiB, or one with pages of 8 KiB.
struct FlashPage {
  std::size_t bytes = 0;
  std::uint32_t control_bits = 0;  // FLASH_CR: PNB and BKER
};
constexpr FlashPage page_of(std::uintptr_t address, bool two_banks) {
  const std::size_t offset = address - kFlashStart;
  if (!two_banks) return {8192, static_cast<std::uint32_t>(offset / 8192) << 3};
  constexpr std::size_t kBankBytes = kFlashBytes / 2;
  constexpr std::uint32_t kSecondBank = 1U << 11;
  return {4096, static_cast<std::uint32_t>(offset % kBankBytes / 4096) << 3 | (offset < kBankBytes ? 0 : kSecondBank)};
}

struct FlashRegisters {
  static constexpr std::uintptr_t kAccess = 0x4002'2000, kKey = 0x4002'2008, kStatus = 0x4002'2010,
                                  kControl = 0x4002'2014, kOptions = 0x4002'2020;
  static constexpr std::uint32_t kErrors = 0x3FA;      // OPERR ... FASTERR
  static constexpr std::uint32_t kRounds = 2'000'000;  // 130 ms at 120 MHz, or more; a page takes 25 ms
};

// Begins and ends with a page of 8 KiB.
template <std::uintptr_t kAddress, std::size_t kBytes, class Registers = MappedRegisters>
struct FlashSlot : FlashController<FlashRegisters, Registers> {
  using Controller = FlashController<FlashRegisters, Registers>;
  using Controller::finished, Controller::holds, Controller::kControl, Controller::kOptions, Controller::kStart,
      Controller::lock, Controller::unlock;

  static_assert(kAddress % 8192 == 0 && kBytes % 8192 == 0);

  static std::span<const std::byte> bytes() { return {at_address<const std::byte>(kAddress), kBytes}; }
  static constexpr bool writable() { return true; }

  static bool erase(std::size_t size) {
    if (size > kBytes || !unlock()) return false;
    const bool two_banks = (Registers::read(kOptions) & kTwoBanks) != 0;
    bool done = true;
    for (std::uintptr_t address = kAddress; done && address < kAddress + size;) {
      const FlashPage page = page_of(address, two_banks);
      Registers::write(kControl, kPageErase | page.control_bits);
      set_bits<Registers>(kControl, kStart);
      done = finished();
      address += page.bytes;
    }
    lock();
    return done;
  }

  // Two words at a time: that is what a check code covers, and it can be written once.
  static bool program(std::size_t offset, std::span<const std::byte> data) {
    if (offset > kBytes || data.size() > kBytes - offset || offset % 8 != 0 || data.size() % 8 != 0) return false;
    if (!unlock()) return false;
    Registers::write(kControl, kProgram);
    bool done = true;
    for (std::size_t i = 0; done && i < data.size(); i += 8) {
      std::uint32_t words[2];
      std::memcpy(words, data.data() + i, sizeof words);
      Registers::write(kAddress + offset + i, words[0]);
      Registers::write(kAddress + offset + i + 4, words[1]);
      done = finished();
    }
    lock();
    return done && holds(kAddress + offset, data);
  }

  static constexpr std::uint32_t kProgram = 1U << 0, kPageErase = 1U << 1, kTwoBanks = 1U << 22;
};

}  // namespace tinyrig::port::stm32::l4
