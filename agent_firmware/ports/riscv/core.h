// One RISC-V hart in machine mode with a PLIC, and QEMU's test device for reset. Sources: RISC-V privileged
// specification; RISC-V PLIC specification; SiFive test finisher.
#pragma once

#include <cstdint>

#include "agent_firmware/ports/shared/mmio.h"

namespace tinyrig::port::core {

inline constexpr std::uintptr_t kPlic = 0x0C00'0000;
inline constexpr std::uintptr_t kTestDevice = 0x0010'0000;

inline void mask_interrupts() { asm volatile("csrci mstatus, 8" ::: "memory"); }
inline void unmask_interrupts() { asm volatile("csrsi mstatus, 8" ::: "memory"); }

// Wakes for a pending interrupt though interrupts are masked, and leaves it pending.
inline void wait_for_interrupt() { asm volatile("wfi" ::: "memory"); }

inline void enable_interrupt(unsigned irq) {
  reg32(kPlic + 4 * irq) = 1;    // priority
  reg32(kPlic + 0x20'0000) = 0;  // threshold of hart 0, machine mode
  volatile std::uint32_t& enabled = reg32(kPlic + 0x2000 + irq / 32 * 4);
  enabled = enabled | 1U << (irq % 32);
  constexpr std::uint32_t kMachineExternal = 1U << 11;
  asm volatile("csrs mie, %0" ::"r"(kMachineExternal) : "memory");
}
inline void disable_interrupt(unsigned irq) {
  volatile std::uint32_t& enabled = reg32(kPlic + 0x2000 + irq / 32 * 4);
  enabled = enabled & ~(1U << (irq % 32));
}

// What the handler does around its work: which interrupt it is, and that it is done.
inline std::uint32_t claim_interrupt() { return reg32(kPlic + 0x20'0004); }
inline void complete_interrupt(std::uint32_t irq) { reg32(kPlic + 0x20'0004) = irq; }

[[noreturn]] inline void system_reset() {
  reg32(kTestDevice) = 0x7777;
  for (;;) asm volatile("wfi");
}

// Two instructions a round: ADDI and BNEZ.
inline std::uint32_t calibration_loop(std::uint32_t loops) {
  if (loops != 0) {
    asm volatile(
        "1: addi %0, %0, -1\n"
        "   bnez %0, 1b\n"
        : "+r"(loops));
  }
  return 2;
}

// Retired instructions; under QEMU's -icount, nanoseconds of virtual time.
struct InstructionCounter {
  static constexpr bool counts_core_cycles() { return false; }
  static constexpr std::uint64_t ticks_per_second() { return 1'000'000'000; }
  static constexpr std::uint64_t period() { return UINT64_MAX; }
  static void init() {}
  static std::uint64_t now() {
    std::uint32_t high, low, again;
    do {
      asm volatile(
          "csrr %0, minstreth\n"
          "csrr %1, minstret\n"
          "csrr %2, minstreth\n"
          : "=r"(high), "=r"(low), "=r"(again)
          :
          : "memory");
    } while (high != again);
    return std::uint64_t{high} << 32 | low;
  }
};

}  // namespace tinyrig::port::core
