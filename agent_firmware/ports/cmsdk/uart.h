// UART of Arm's Cortex-M System Design Kit (MPS2 and MPS3 boards). Source: CMSDK technical reference
// manual (DDI 0479), APB UART.
//
// It holds one received byte, and its interrupt is raised only at the moment of arrival, so a handler
// acknowledges first and then drains: the other way round loses a byte that comes in between.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::cmsdk {

template <std::uintptr_t kBase, std::uint32_t kClockHz>
struct Uart {
  static void init(std::uint32_t baud) {
    set_baud(baud);
    reg32(kBase + kControl) = kTransmit | kReceive | kReceiveInterrupt;
    take();  // an old byte would keep the receiver waiting
  }
  static void acknowledge_receive() { reg32(kBase + kInterruptClear) = 2; }
  static bool has_byte() { return (reg32(kBase + kState) & kReceiveFull) != 0; }
  static std::uint8_t take() { return static_cast<std::uint8_t>(reg32(kBase + kData)); }
  static void put(std::uint8_t byte) {
    flush();
    reg32(kBase + kData) = byte;
  }
  static void flush() {
    while ((reg32(kBase + kState) & kTransmitFull) != 0) {
    }
  }
  static bool set_baud(std::uint32_t baud) {
    if (baud == 0 || kClockHz / baud < kSmallestDivider) return false;
    reg32(kBase + kDivider) = (kClockHz + baud / 2) / baud;
    return true;
  }

 private:
  static constexpr std::uintptr_t kData = 0x00, kState = 0x04, kControl = 0x08, kInterruptClear = 0x0C, kDivider = 0x10;
  static constexpr std::uint32_t kTransmitFull = 1, kReceiveFull = 2;
  static constexpr std::uint32_t kTransmit = 1, kReceive = 2, kReceiveInterrupt = 8;
  static constexpr std::uint32_t kSmallestDivider = 16;
};

}  // namespace tinyrig::port::cmsdk
