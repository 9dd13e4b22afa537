// The clock of a peripheral. Source: RM0090, RM0390 and RM0432, chapters RCC (peripheral clock enable registers), and
// the errata sheets of STM32F4.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::stm32 {

// A clock comes up some cycles after its bit is set; what is written to the peripheral before that is lost. Reading the
// register back takes longer.
template <class Registers>
void enable_clock(std::uintptr_t address, std::uint32_t bits) {
  set_bits<Registers>(address, bits);
  Registers::read(address);
}

}  // namespace tinyrig::port::stm32
