// The clock of nRF52840: the core always runs at 64 MHz; the 32 MHz crystal makes that exact. Also what else the chip
// wants after a reset: its flash cache, and leave for the debugger to come back. Source: nRF52840 product specification
// v1.x, chapters CLOCK, NVMC (ICACHECNF) and debug (APPROTECT); its errata.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/clock.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf {

// FICR INFO.VARIANT: four letters, "AAF0". From build code F on, firmware must ask at each start for debug access to
// stay as UICR has it, or the next flashing needs a mass erase.
constexpr bool locks_debugger_at_reset(std::uint32_t variant) { return ((variant >> 8) & 0xFF) >= 'F'; }

template <class Registers = MappedRegisters>
class Nrf52Clock {
 public:
  static void init() {
    if (locks_debugger_at_reset(Registers::read(kVariant))) {
      Registers::write(kApprotectDisable, Registers::read(kUicrApprotect));
    }
    Registers::write(kFlashCache, 1);
    Registers::write(kCrystalStarted, 0);
    Registers::write(kStartCrystal, 1);
    // Typically 0.4 ms; the rounds are 25 ms.
    state_ = poll<Registers>(kCrystalStarted, 1, 1, 200'000) ? ClockState::kFullSpeed : ClockState::kNoCrystal;
  }
  static constexpr std::uint32_t core_hz() { return 64'000'000; }
  static ClockState state() { return state_; }

  static constexpr std::uintptr_t kStartCrystal = 0x4000'0000, kCrystalStarted = 0x4000'0100, kVariant = 0x1000'0104,
                                  kUicrApprotect = 0x1000'1208, kApprotectDisable = 0x4000'0558,
                                  kFlashCache = 0x4001'E540;

 private:
  static inline ClockState state_ = ClockState::kNoCrystal;
};

}  // namespace tinyrig::port::nrf
