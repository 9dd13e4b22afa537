// UART0 of RP2040 (Arm PL011) on GP0 and GP1, and a trigger pin. Source: RP2040 datasheet, chapters UART, GPIO and SIO.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/rp2040/clock.h"
#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::rp2040 {

struct BaudDivider {
  std::uint32_t whole = 0, sixty_fourths = 0;  // whole 0: that speed cannot be
};
constexpr BaudDivider baud_divider(std::uint32_t clock_hz, std::uint32_t baud) {
  if (baud == 0) return {};
  // 64 times clock over 16 times baud, nearest.
  const auto divider = static_cast<std::uint32_t>((std::uint64_t{4} * clock_hz + baud / 2) / baud);
  if (divider < 64 || divider > 0xFFFF * 64U) return {};
  return {divider / 64, divider % 64};
}

inline constexpr std::uintptr_t kIoBank = 0x4001'4000, kPads = 0x4001'C000, kSio = 0xD000'0000;
constexpr std::uintptr_t pin_function(unsigned pin) { return kIoBank + 8 * pin + 4; }
constexpr std::uintptr_t pin_pad(unsigned pin) { return kPads + 4 + 4 * pin; }

template <class Clock, class Registers = MappedRegisters>
struct Uart {
  static void init(std::uint32_t baud) {
    start_parts<Registers>(kResetIoBank | kResetPads);
    reset_parts<Registers>(kResetUart0);
    constexpr std::uint32_t kUartFunction = 2, kPullUp = 1U << 3, kPullDown = 1U << 2;
    replace_bits<Registers>(pin_pad(1), kPullDown, kPullUp);  // an open line is idle
    set_baud(baud);
    Registers::write(kInterruptLevels, 0);  // receive: at an eighth, or when the line falls silent
    Registers::write(kInterruptMask, kReceiveInterrupt | kReceiveTimeout);
    Registers::write(pin_function(0), kUartFunction);
    Registers::write(pin_function(1), kUartFunction);
  }
  static void acknowledge_receive() { Registers::write(kInterruptClear, kReceiveInterrupt | kReceiveTimeout); }
  static bool has_byte() { return (Registers::read(kFlags) & kReceiveEmpty) == 0; }
  static std::uint8_t take() { return static_cast<std::uint8_t>(Registers::read(kData)); }
  static void put(std::uint8_t byte) {
    poll<Registers>(kFlags, kTransmitFull, 0, kByteRounds);
    Registers::write(kData, byte);
  }
  static void flush() { poll<Registers>(kFlags, kTransmitEmpty | kBusy, kTransmitEmpty, kFifoRounds); }
  static bool set_baud(std::uint32_t baud) {
    const BaudDivider divider = baud_divider(Clock::core_hz(), baud);
    if (divider.whole == 0) return false;
    Registers::write(kControl, 0);
    Registers::write(kWhole, divider.whole);
    Registers::write(kFraction, divider.sixty_fourths);
    Registers::write(kLine, kEightBits | kFifos);  // takes the divider over
    Registers::write(kControl, kEnable | kTransmitter | kReceiver);
    return true;
  }

  static constexpr std::uintptr_t kBase = 0x4003'4000, kData = kBase, kFlags = kBase + 0x18, kWhole = kBase + 0x24,
                                  kFraction = kBase + 0x28, kLine = kBase + 0x2C, kControl = kBase + 0x30,
                                  kInterruptLevels = kBase + 0x34, kInterruptMask = kBase + 0x38,
                                  kInterruptClear = kBase + 0x44;
  static constexpr std::uint32_t kBusy = 1U << 3, kReceiveEmpty = 1U << 4, kTransmitFull = 1U << 5,
                                 kTransmitEmpty = 1U << 7;
  static constexpr std::uint32_t kFifos = 1U << 4, kEightBits = 3U << 5;
  static constexpr std::uint32_t kEnable = 1U << 0, kTransmitter = 1U << 8, kReceiver = 1U << 9;
  static constexpr std::uint32_t kReceiveInterrupt = 1U << 4, kReceiveTimeout = 1U << 6;
  // A byte at 9600 baud takes 17,000 rounds; 32 of them wait in the transmitter.
  static constexpr std::uint32_t kByteRounds = 100'000, kFifoRounds = 2'000'000;
};

template <unsigned kPin, class Registers = MappedRegisters>
struct PinTrigger {
  static constexpr bool kPresent = true;
  static void init() {
    start_parts<Registers>(kResetIoBank | kResetPads);
    lower();
    Registers::write(kSio + 0x24, 1U << kPin);  // GPIO_OE_SET
    constexpr std::uint32_t kSoftware = 5;
    Registers::write(pin_function(kPin), kSoftware);
  }
  static void raise() { Registers::write(kSio + 0x14, 1U << kPin); }  // GPIO_OUT_SET
  static void lower() { Registers::write(kSio + 0x18, 1U << kPin); }  // GPIO_OUT_CLR
};

}  // namespace tinyrig::port::rp2040
