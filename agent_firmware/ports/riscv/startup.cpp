// Entry and trap handler of a RISC-V hart in machine mode.
#include <cstdint>

#include "agent_firmware/ports/shared/boot_record.h"
#include "agent_firmware/ports/shared/memory_layout.h"
#include "board_config.h"

extern "C" {
int main();
void receive_interrupt();
}

// A fault means that this firmware is wrong. Keep what it was for the next boot, and start again. Which registers the
// trap's prologue has saved where is the compiler's business: the stack pointer is the one after it, lr is not known.
[[noreturn]] static void record_fault(std::uint32_t cause) {
  tinyrig::port::Crash crash{.cause = cause, .pc = 0, .lr = 0, .sp = 0, .fault_status = 0, .address = 0};
  asm volatile("csrr %0, mepc" : "=r"(crash.pc));
  asm volatile("csrr %0, mtval" : "=r"(crash.address));
  asm volatile("mv %0, sp" : "=r"(crash.sp));
  tinyrig::port::boot_record.announce_fault(crash);
  tinyrig::port::core::system_reset();
}

extern "C" [[gnu::interrupt("machine"), gnu::aligned(4)]] void trap_handler() {
  std::uint32_t cause;
  asm volatile("csrr %0, mcause" : "=r"(cause));
  constexpr std::uint32_t kMachineExternalInterrupt = 0x8000'000B;
  if (cause != kMachineExternalInterrupt) record_fault(cause);
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
