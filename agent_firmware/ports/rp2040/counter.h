// Cycles of RP2040's core in 64 bits. Its SysTick counts them in 24 bits, which last for 126 ms; its timer counts
// microseconds in 64 bits, from the same crystal. Together they are exact and never wrap, with interrupts masked too.
// Source: RP2040 datasheet, chapters Timer and Cortex-M0+ (SysTick).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::rp2040 {

// The number whose low 24 bits are `low`, nearest to `about`.
constexpr std::uint64_t nearest_with_low_bits(std::uint64_t about, std::uint32_t low) {
  constexpr std::uint64_t kSpan = std::uint64_t{1} << 24;
  const std::uint64_t behind = (about - low) % kSpan;  // from that number back to the last one that fits
  const bool next = behind > kSpan / 2;
  return about - behind + (next ? kSpan : 0);
}

template <class Clock, class Registers = MappedRegisters>
struct CycleCounter {
  static constexpr bool counts_core_cycles() { return true; }
  static std::uint64_t ticks_per_second() { return Clock::core_hz(); }
  static constexpr std::uint64_t period() { return UINT64_MAX; }
  static void init() {
    Registers::write(kReload, kMask);
    Registers::write(kValue, 0);    // any write clears it
    Registers::write(kControl, 5);  // on, the core's clock, no interrupt
    // From the timer's cycles to those of SysTick; one turn more, so that no sum is negative.
    offset_ = 2 * kSpan - (estimate() - cycles()) % kSpan;
  }
  static std::uint64_t now() {
    const std::uint64_t about = estimate();
    return nearest_with_low_bits(about + offset_, cycles());
  }

  static constexpr std::uintptr_t kControl = 0xE000'E010, kReload = 0xE000'E014, kValue = 0xE000'E018;
  static constexpr std::uintptr_t kTimerHigh = 0x4005'4024, kTimerLow = 0x4005'4028;  // TIMERAWH, TIMERAWL

 private:
  static constexpr std::uint32_t kMask = 0xFF'FFFF;
  static constexpr std::uint64_t kSpan = std::uint64_t{1} << 24;

  // SysTick counts down.
  static std::uint32_t cycles() { return (kMask - Registers::read(kValue)) & kMask; }
  static std::uint64_t estimate() {
    for (;;) {  // again at most once: the high word changes every 71 minutes
      const std::uint32_t high = Registers::read(kTimerHigh), low = Registers::read(kTimerLow);
      if (Registers::read(kTimerHigh) == high) {
        return (std::uint64_t{high} << 32 | low) * Clock::cycles_per_timer_tick();
      }
    }
  }

  static inline std::uint64_t offset_ = 0;
};

}  // namespace tinyrig::port::rp2040
