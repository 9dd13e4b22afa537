// GPIO of STM32F4 and STM32L4: pins for a peripheral, and a trigger output. Sources: RM0090, RM0390 and RM0432,
// chapters GPIO.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"
#include "agent_firmware/ports/stm32/enable_clock.h"

namespace tinyrig::port::stm32 {

struct Pin {
  std::uintptr_t bank;  // its GPIO's base
  unsigned number;
};

// MODER, OSPEEDR, PUPDR: two bits a pin; AFR: four.
template <class Registers>
void replace_field(std::uintptr_t address, unsigned index, unsigned width, std::uint32_t value) {
  const std::uint32_t mask = ((1U << width) - 1) << (index * width);
  replace_bits<Registers>(address, mask, value << (index * width));
}

// To alternate function `function`, with a pull-up: an open line is idle. The bank's clock is on already.
template <class Registers>
void connect_pin(Pin pin, std::uint32_t function) {
  constexpr std::uint32_t kAlternate = 2, kHighSpeed = 2, kPullUp = 1;
  constexpr unsigned kPinsPerRegister = 8;
  const std::uintptr_t function_register = pin.bank + 0x20 + 4 * (pin.number / kPinsPerRegister);  // AFRL, AFRH
  replace_field<Registers>(function_register, pin.number % kPinsPerRegister, 4, function);
  replace_field<Registers>(pin.bank + 0x08, pin.number, 2, kHighSpeed);  // OSPEEDR
  replace_field<Registers>(pin.bank + 0x0C, pin.number, 2, kPullUp);     // PUPDR
  replace_field<Registers>(pin.bank + 0x00, pin.number, 2, kAlternate);  // MODER
}

// The port's Trigger. kEnable: of the bank, in the clock enable register kEnableRegister.
template <std::uintptr_t kBank, unsigned kPin, std::uintptr_t kEnableRegister, std::uint32_t kEnable,
          class Registers = MappedRegisters>
struct PinTrigger {
  static constexpr bool kPresent = true;
  static void init() {
    enable_clock<Registers>(kEnableRegister, kEnable);
    lower();
    constexpr std::uint32_t kOutput = 1;
    replace_field<Registers>(kBank + 0x00, kPin, 2, kOutput);  // MODER
  }
  static void raise() { Registers::write(kBank + 0x18, 1U << kPin); }         // BSRR
  static void lower() { Registers::write(kBank + 0x18, 1U << (kPin + 16)); }  // BSRR
};

}  // namespace tinyrig::port::stm32
