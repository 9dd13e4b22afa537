// TIM2 of STM32F4 and STM32L4 as a free-running counter of 32 bits. Sources: RM0090, RM0390, RM0432, chapters on the
// general-purpose timers.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"

namespace tinyrig::port::stm32 {

// Settings: kBase, kDivider, kClockEnable and kClockEnableBit, clock_hz().
template <class Settings, class Registers = MappedRegisters>
struct Timer {
  static constexpr bool counts_core_cycles() { return false; }
  static std::uint64_t ticks_per_second() { return Settings::clock_hz() / Settings::kDivider; }
  static constexpr std::uint64_t period() { return std::uint64_t{1} << 32; }
  static void init() {
    enable_clock<Registers>(Settings::kClockEnable, Settings::kClockEnableBit);
    Registers::write(Settings::kBase + 0x28, Settings::kDivider - 1);  // PSC
    Registers::write(Settings::kBase + 0x2C, 0xFFFF'FFFF);             // ARR
    Registers::write(Settings::kBase + 0x14, 1);                       // EGR: load the prescaler
    Registers::write(Settings::kBase + 0x00, 1);                       // CR1: CEN
  }
  static std::uint64_t now() { return wide_.extend(Registers::read(Settings::kBase + 0x24)); }

 private:
  static inline WideCounter wide_;
};

}  // namespace tinyrig::port::stm32
