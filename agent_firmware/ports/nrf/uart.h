// UART of nRF51 and nRF52. Sources: nRF51 Series reference manual and nRF52840 product specification, chapters UART and
// GPIO.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf {

// 0: not one of the speeds that the UART has.
constexpr std::uint32_t baud_setting(std::uint32_t baud) {
  switch (baud) {
    case 115'200:
      return 0x01D7'E000;
    case 230'400:
      return 0x03AF'B000;
    case 250'000:
      return 0x0400'0000;
    case 460'800:
      return 0x075F'7000;
    case 921'600:
      return 0x0EBE'D000;
    case 1'000'000:
      return 0x1000'0000;
    default:
      return 0;
  }
}

// Pins of port 0.
template <unsigned kTransmitPin, unsigned kReceivePin>
struct Uart {
  static_assert(kTransmitPin < 32 && kReceivePin < 32);

  static void init(std::uint32_t baud) {
    // As the manual asks: the output is high before and after the UART has the pin.
    reg32(kGpio + 0x508) = 1U << kTransmitPin;  // OUTSET
    reg32(kGpio + 0x518) = 1U << kTransmitPin;  // DIRSET
    constexpr std::uint32_t kInputPullUp = 3U << 2;
    reg32(kGpio + 0x700 + 4 * kReceivePin) = kInputPullUp;  // PIN_CNF
    reg32(kBase + 0x50C) = kTransmitPin;                    // PSELTXD
    reg32(kBase + 0x514) = kReceivePin;                     // PSELRXD
    set_baud(baud);
    reg32(kEnable) = 4;
    reg32(kInterruptSet) = 1U << 2;  // RXDRDY
    reg32(kStartReceive) = 1;
    reg32(kStartTransmit) = 1;
  }
  static void acknowledge_receive() {}  // has_byte() and take() do
  static bool has_byte() { return reg32(kReceiveReady) != 0; }
  static std::uint8_t take() {
    reg32(kReceiveReady) = 0;  // before the read: the next byte of the queue sets it again
    return static_cast<std::uint8_t>(reg32(kReceiveData));
  }
  static void put(std::uint8_t byte) {
    flush();
    reg32(kTransmitReady) = 0;
    sending_ = true;
    reg32(kTransmitData) = byte;
  }
  static void flush() {
    if (!sending_) return;
    poll<MappedRegisters>(kTransmitReady, ~0U, 1, kByteRounds);
    sending_ = false;
  }
  static bool set_baud(std::uint32_t baud) {
    const std::uint32_t setting = baud_setting(baud);
    if (setting == 0) return false;
    reg32(kBaudRate) = setting;
    return true;
  }

 private:
  static constexpr std::uintptr_t kGpio = 0x5000'0000, kBase = 0x4000'2000;
  static constexpr std::uintptr_t kStartReceive = kBase, kStartTransmit = kBase + 0x8, kReceiveReady = kBase + 0x108,
                                  kTransmitReady = kBase + 0x11C, kInterruptSet = kBase + 0x304,
                                  kEnable = kBase + 0x500, kReceiveData = kBase + 0x518, kTransmitData = kBase + 0x51C,
                                  kBaudRate = kBase + 0x524;
  // A byte takes 87 us. An emulator's line waits for its reader, which may be busy for seconds.
  static constexpr std::uint32_t kByteRounds = 100'000'000;
  static inline bool sending_ = false;
};

}  // namespace tinyrig::port::nrf
