// What every Cortex-M has: masking, sleeping, the interrupt controller, reset, a loop of known length.
// Sources: Armv6-M, Armv7-M, Armv8-M architecture reference manuals (NVIC, SCB).
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::core {

inline void mask_interrupts() { asm volatile("cpsid i" ::: "memory"); }
inline void unmask_interrupts() { asm volatile("cpsie i" ::: "memory"); }

// With interrupts masked: sleeps until one is pending, and leaves it pending. So nothing that comes
// between the last look and the sleep is missed.
inline void wait_for_interrupt() { asm volatile("dsb\n wfi" ::: "memory"); }

inline void enable_interrupt(unsigned irq) { reg32(0xE000E100 + irq / 32 * 4) = 1U << (irq % 32); }
inline void disable_interrupt(unsigned irq) {
  reg32(0xE000E180 + irq / 32 * 4) = 1U << (irq % 32);
  asm volatile("dsb\n isb" ::: "memory");
}

[[noreturn]] inline void system_reset() {
  asm volatile("dsb" ::: "memory");
  reg32(0xE000ED0C) = 0x05FA0004;  // AIRCR: key, SYSRESETREQ
  for (;;) asm volatile("wfi");
}

// Two instructions a round: SUBS and BNE.
inline std::uint32_t calibration_loop(std::uint32_t loops) {
  if (loops != 0) {
    asm volatile(
        ".syntax unified\n"
        "1: subs %0, %0, #1\n"
        "   bne 1b\n"
        : "+l"(loops)
        :
        : "cc");
  }
  return 2;
}

}  // namespace tinyrig::port::core
