// The 16550 UART with 8-bit registers. Source: the PC16550D data sheet.
//
// The receive trigger is 14 of its 16 bytes, and the character time-out brings the rest: one interrupt per
// byte would be twelve times slower.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port {

template <std::uintptr_t kBase, std::uint32_t kClockHz>
struct Uart16550 {
  static void init(std::uint32_t baud) {
    set_baud(baud);
    reg8(kBase + 2) = 0xC7;  // FCR: queues on and empty, trigger 14
    take();                  // QEMU looks for input again only after a read
    reg8(kBase + 1) = 1;     // IER: received data
  }
  static void acknowledge_receive() {}  // reading the bytes does
  static bool has_byte() { return (reg8(kBase + 5) & 1) != 0; }
  static std::uint8_t take() { return reg8(kBase); }
  static void put(std::uint8_t byte) {
    while ((reg8(kBase + 5) & 0x20) == 0) {
    }
    reg8(kBase) = byte;
  }
  static void flush() {
    while ((reg8(kBase + 5) & 0x40) == 0) {
    }
  }
  static bool set_baud(std::uint32_t baud) {
    if (baud == 0 || kClockHz / 16 < baud) return false;
    const std::uint32_t divider = (kClockHz / 16 + baud / 2) / baud;
    reg8(kBase + 3) = 0x83;  // LCR: divider access, 8N1
    reg8(kBase + 0) = static_cast<std::uint8_t>(divider);
    reg8(kBase + 1) = static_cast<std::uint8_t>(divider >> 8);
    reg8(kBase + 3) = 0x03;
    return true;
  }
};

}  // namespace tinyrig::port
