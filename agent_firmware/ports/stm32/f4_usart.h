// USART of STM32F4. Sources: RM0090 and RM0390, chapter USART.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"
#include "agent_firmware/ports/stm32/gpio.h"

namespace tinyrig::port::stm32::f4 {

// BRR at sixteen samples a bit: the divider in sixteenths, nearest. 0: that speed cannot be.
constexpr std::uint32_t baud_divider(std::uint32_t clock_hz, std::uint32_t baud) {
  if (baud == 0 || clock_hz / baud < 16) return 0;
  const std::uint32_t divider = (clock_hz + baud / 2) / baud;
  return divider > 0xFFFF ? 0 : divider;
}

// Wiring: kBase, kClockEnable and kClockEnableBit, kBankEnableBit (in AHB1ENR), kTransmit, kReceive, kFunction of the
// pins, clock_hz().
template <class Wiring, class Registers = MappedRegisters>
struct Usart {
  static void init(std::uint32_t baud) {
    enable_clock<Registers>(Wiring::kBankEnable, Wiring::kBankEnableBit);
    enable_clock<Registers>(Wiring::kClockEnable, Wiring::kClockEnableBit);
    connect_pin<Registers>(Wiring::kTransmit, Wiring::kFunction);
    connect_pin<Registers>(Wiring::kReceive, Wiring::kFunction);
    set_baud(baud);
    Registers::write(kControl1, kEnable | kTransmitter | kReceiver | kReceiveInterrupt);
  }
  // Reading the byte acknowledges it. An overrun without a byte holds the interrupt up until data is read.
  static void acknowledge_receive() {
    if ((Registers::read(kStatus) & (kOverrun | kReceiveNotEmpty)) == kOverrun) Registers::read(kData);
  }
  static bool has_byte() { return (Registers::read(kStatus) & kReceiveNotEmpty) != 0; }
  static std::uint8_t take() { return static_cast<std::uint8_t>(Registers::read(kData)); }
  static void put(std::uint8_t byte) {
    poll<Registers>(kStatus, kTransmitEmpty, kTransmitEmpty, kByteRounds);
    Registers::write(kData, byte);
  }
  static void flush() { poll<Registers>(kStatus, kTransmitComplete, kTransmitComplete, kByteRounds); }
  static bool set_baud(std::uint32_t baud) {
    const std::uint32_t divider = baud_divider(Wiring::clock_hz(), baud);
    if (divider == 0) return false;
    Registers::write(kBaudRate, divider);
    return true;
  }

  static constexpr std::uintptr_t kStatus = Wiring::kBase, kData = Wiring::kBase + 0x04,
                                  kBaudRate = Wiring::kBase + 0x08, kControl1 = Wiring::kBase + 0x0C;
  static constexpr std::uint32_t kOverrun = 1U << 3, kReceiveNotEmpty = 1U << 5, kTransmitComplete = 1U << 6,
                                 kTransmitEmpty = 1U << 7;
  static constexpr std::uint32_t kEnable = 1U << 13, kReceiveInterrupt = 1U << 5, kTransmitter = 1U << 3,
                                 kReceiver = 1U << 2;
  // Two bytes at 9600 baud, of a core at 180 MHz, are 47,000 rounds. After that the line is not ours to save.
  static constexpr std::uint32_t kByteRounds = 200'000;
};

}  // namespace tinyrig::port::stm32::f4
