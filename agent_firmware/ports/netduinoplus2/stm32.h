// USART and general purpose timer of STM32F4. Source: STM32F405 reference manual (RM0090), chapters USART
// and TIM2.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/counter.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::stm32 {

template <std::uintptr_t kBase, std::uint32_t kClockHz>
struct Usart {
  static void init(std::uint32_t baud) {
    set_baud(baud);
    reg32(kBase + kControl1) = kEnable | kTransmit | kReceive | kReceiveInterrupt;
  }
  static void acknowledge_receive() {}  // reading the byte does
  static bool has_byte() { return (reg32(kBase + kStatus) & kReceiveNotEmpty) != 0; }
  static std::uint8_t take() { return static_cast<std::uint8_t>(reg32(kBase + kData)); }
  static void put(std::uint8_t byte) {
    while ((reg32(kBase + kStatus) & kTransmitEmpty) == 0) {
    }
    reg32(kBase + kData) = byte;
  }
  static void flush() {
    while ((reg32(kBase + kStatus) & kTransmitComplete) == 0) {
    }
  }
  static bool set_baud(std::uint32_t baud) {
    if (baud == 0 || kClockHz / baud < 16) return false;
    reg32(kBase + kBaudRate) = (kClockHz + baud / 2) / baud;
    return true;
  }

 private:
  static constexpr std::uintptr_t kStatus = 0x00, kData = 0x04, kBaudRate = 0x08, kControl1 = 0x0C;
  static constexpr std::uint32_t kReceiveNotEmpty = 1U << 5, kTransmitComplete = 1U << 6, kTransmitEmpty = 1U << 7;
  static constexpr std::uint32_t kEnable = 1U << 13, kReceiveInterrupt = 1U << 5, kTransmit = 1U << 3,
                                 kReceive = 1U << 2;
};

// QEMU's timers count at 1 GHz. Undivided, 32 bits would wrap after 33 M instructions at 128 ns each, and
// a longer window would be read short without a trace; divided by 64 they last for 2.1 G instructions.
template <std::uintptr_t kBase>
struct TimerAtOneGigahertz {
  static constexpr std::uint32_t kDivider = 64;
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return 1'000'000'000 / kDivider; }
  static constexpr std::uint64_t period() { return std::uint64_t{1} << 32; }
  static void init() {
    reg32(kBase + 0x28) = kDivider - 1;  // PSC
    reg32(kBase + 0x2C) = 0xFFFF'FFFF;   // ARR
    reg32(kBase + 0x14) = 1;             // EGR: load the prescaler
    reg32(kBase + 0x00) = 1;             // CR1: CEN
  }
  static std::uint64_t now() { return wide_.extend(reg32(kBase + 0x24)); }

 private:
  static inline WideCounter wide_;
};

}  // namespace tinyrig::port::stm32
