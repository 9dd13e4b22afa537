// LPUART1 of STM32L4. Source: RM0432, chapter LPUART.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"
#include "agent_firmware/ports/stm32/gpio.h"

namespace tinyrig::port::stm32::l4 {

// BRR: 256 times clock over baud, nearest, and at least 0x300. 0: that speed cannot be.
constexpr std::uint32_t low_power_baud_divider(std::uint32_t clock_hz, std::uint32_t baud) {
  if (baud == 0) return 0;
  const std::uint64_t divider = (std::uint64_t{256} * clock_hz + baud / 2) / baud;
  return divider < 0x300 || divider > 0xF'FFFF ? 0 : static_cast<std::uint32_t>(divider);
}

// Wiring: kBankEnable and kBankEnableBit, kClockEnable and kClockEnableBit, kTransmit, kReceive, kFunction, clock_hz(),
// power_pins().
template <class Wiring, class Registers = MappedRegisters>
struct LowPowerUart {
  static void init(std::uint32_t baud) {
    Wiring::power_pins();
    enable_clock<Registers>(Wiring::kBankEnable, Wiring::kBankEnableBit);
    enable_clock<Registers>(Wiring::kClockEnable, Wiring::kClockEnableBit);
    connect_pin<Registers>(Wiring::kTransmit, Wiring::kFunction);
    connect_pin<Registers>(Wiring::kReceive, Wiring::kFunction);
    set_baud(baud);
  }
  // Reading the byte acknowledges it. An overrun holds the interrupt up until it is cleared.
  static void acknowledge_receive() { Registers::write(kClear, kOverrun); }
  static bool has_byte() { return (Registers::read(kStatus) & kReceiveNotEmpty) != 0; }
  static std::uint8_t take() { return static_cast<std::uint8_t>(Registers::read(kReceiveData)); }
  static void put(std::uint8_t byte) {
    poll<Registers>(kStatus, kTransmitEmpty, kTransmitEmpty, kByteRounds);
    Registers::write(kTransmitData, byte);
  }
  static void flush() { poll<Registers>(kStatus, kTransmitComplete, kTransmitComplete, kByteRounds); }
  // The divider may be written while the UART is off alone.
  static bool set_baud(std::uint32_t baud) {
    const std::uint32_t divider = low_power_baud_divider(Wiring::clock_hz(), baud);
    if (divider == 0) return false;
    Registers::write(kControl1, 0);
    Registers::write(kBaudRate, divider);
    Registers::write(kControl1, kEnable | kTransmitter | kReceiver | kReceiveInterrupt);
    return true;
  }

  static constexpr std::uintptr_t kBase = 0x4000'8000, kControl1 = kBase, kBaudRate = kBase + 0x0C,
                                  kStatus = kBase + 0x1C, kClear = kBase + 0x20, kReceiveData = kBase + 0x24,
                                  kTransmitData = kBase + 0x28;
  static constexpr std::uint32_t kOverrun = 1U << 3, kReceiveNotEmpty = 1U << 5, kTransmitComplete = 1U << 6,
                                 kTransmitEmpty = 1U << 7;
  static constexpr std::uint32_t kEnable = 1U << 0, kReceiver = 1U << 2, kTransmitter = 1U << 3,
                                 kReceiveInterrupt = 1U << 5;
  // The divider has 20 bits: a bit takes 4096 cycles at most, and two bytes 10,240 rounds.
  static constexpr std::uint32_t kByteRounds = 200'000;
};

}  // namespace tinyrig::port::stm32::l4
