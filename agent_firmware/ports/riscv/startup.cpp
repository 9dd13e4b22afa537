// Entry and trap handler of a RISC-V hart in machine mode.
#include <cstdint>

#include "agent_firmware/ports/shared/boot_record.h"
#include "agent_firmware/ports/shared/memory_layout.h"
#include "board_config.h"

extern "C" {
int main();
void receive_interrupt();
}

extern "C" [[gnu::interrupt("machine"), gnu::aligned(4)]] void trap_handler() {
  std::uint32_t cause;
  asm volatile("csrr %0, mcause" : "=r"(cause));
  constexpr std::uint32_t kMachineExternalInterrupt = 0x8000'000B;
  if (cause != kMachineExternalInterrupt) {
    tinyrig::port::boot_record.announce(tinyrig::port::ResetReason::kFault);
    tinyrig::port::core::system_reset();
  }
  const std::uint32_t irq = tinyrig::port::core::claim_interrupt();
  if (irq == tinyrig::port::kReceiveIrq) receive_interrupt();
  if (irq != 0) tinyrig::port::core::complete_interrupt(irq);
}

extern "C" [[gnu::used]] void start() {
  asm volatile("csrw mtvec, %0" ::"r"(trap_handler));
  tinyrig::port::initialize_memory();
  tinyrig::port::boot_record.on_boot();
  main();
  tinyrig::port::core::system_reset();
}

extern "C" [[gnu::naked, noreturn, gnu::section(".vectors")]] void reset_handler() {
  asm volatile(
      "csrw mie, zero\n"
      "csrci mstatus, 8\n"
      "la sp, __stack_high\n"
      "call start\n"
      "1: j 1b\n");
}
