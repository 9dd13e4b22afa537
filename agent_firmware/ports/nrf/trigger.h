// A trigger pin of nRF52. Source: nRF52840 product specification, chapter GPIO.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::nrf {

// kGpio: base of port 0 or port 1.
template <std::uintptr_t kGpio, unsigned kPin>
struct PinTrigger {
  static constexpr bool kPresent = true;
  static void init() {
    lower();
    reg32(kGpio + 0x518) = 1U << kPin;  // DIRSET
  }
  static void raise() { reg32(kGpio + 0x508) = 1U << kPin; }  // OUTSET
  static void lower() { reg32(kGpio + 0x50C) = 1U << kPin; }  // OUTCLR
};

}  // namespace tinyrig::port::nrf
