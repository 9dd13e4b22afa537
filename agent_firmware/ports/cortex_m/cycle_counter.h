// The core's own cycle counter (DWT CYCCNT) where there is one that counts, else a counter of the board.
// Found out at start, never assumed: a core may be built without it, and emulators have none. Sources:
// Armv7-M and Armv8-M architecture reference manuals (DWT, DEMCR).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port {

// Registers: how the core's registers are read and written; tests give a core of their own.
template <class Registers = MappedRegisters>
struct CycleCounter {
  // True: it counts from here on.
  static bool start() {
    Registers::write(kLock, 0xC5AC'CE55);  // Cortex-M7 locks the DWT; elsewhere this is ignored
    Registers::write(kDebugControl, Registers::read(kDebugControl) | kTraceEnabled);
    if ((Registers::read(kDebugControl) & kTraceEnabled) == 0) return false;
    if ((Registers::read(kControl) & kNoCycleCounter) != 0) return false;
    Registers::write(kControl, Registers::read(kControl) | kCycleCounterEnabled);
    if ((Registers::read(kControl) & kCycleCounterEnabled) == 0) return false;
    const std::uint32_t before = now();
    return now() != before;
  }
  static std::uint32_t now() { return Registers::read(kCycles); }

  static constexpr std::uintptr_t kDebugControl = 0xE000'EDFC, kControl = 0xE000'1000, kCycles = 0xE000'1004,
                                  kLock = 0xE000'1FB0;
  static constexpr std::uint32_t kTraceEnabled = 1U << 24, kNoCycleCounter = 1U << 25, kCycleCounterEnabled = 1U << 0;
};

// A port's Counter. Clock: the core's.
template <class BoardCounter, class Clock, class Registers = MappedRegisters>
struct CycleCounterOr {
  static void init() {
    BoardCounter::init();
    has_cycles_ = Cycles::start();
  }
  static bool counts_core_cycles() { return has_cycles_; }
  static std::uint64_t ticks_per_second() { return has_cycles_ ? Clock::core_hz() : BoardCounter::ticks_per_second(); }
  static std::uint64_t period() { return has_cycles_ ? std::uint64_t{1} << 32 : BoardCounter::period(); }
  static std::uint64_t now() { return has_cycles_ ? wide_.extend(Cycles::now()) : BoardCounter::now(); }

 private:
  using Cycles = CycleCounter<Registers>;
  static inline bool has_cycles_ = false;
  static inline WideCounter wide_;
};

}  // namespace tinyrig::port
