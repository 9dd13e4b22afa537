// TIMER0 of nRF51 and nRF52, 32 bit, undivided: 16 MHz. Sources: nRF51 Series reference manual and nRF52840 product
// specification, chapter TIMER.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf {

struct Timer {
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return 16'000'000; }
  static constexpr std::uint64_t period() { return std::uint64_t{1} << 32; }
  static void init() {
    reg32(kBase + 0x504) = 0;  // MODE: timer
    reg32(kBase + 0x508) = 3;  // BITMODE: 32
    reg32(kBase + 0x510) = 0;  // PRESCALER
    reg32(kBase + 0x00C) = 1;  // CLEAR
    reg32(kBase + 0x000) = 1;  // START
  }
  static std::uint64_t now() {
    reg32(kBase + 0x040) = 1;                   // CAPTURE[0]
    return wide_.extend(reg32(kBase + 0x540));  // CC[0]
  }

 private:
  static constexpr std::uintptr_t kBase = 0x4000'8000;
  static inline WideCounter wide_;
};

}  // namespace tinyrig::port::nrf
