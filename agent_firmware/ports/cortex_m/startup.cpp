// Vector table and start-up of every Cortex-M: coprocessors on, memory laid out, then main().
#include <cstdint>

#include "agent_firmware/ports/shared/boot_record.h"
#include "agent_firmware/ports/shared/memory_layout.h"
#include "board_config.h"

extern "C" {
int main();
[[noreturn]] void reset_handler();
void receive_interrupt();
}

namespace {

using tinyrig::port::ResetReason;

// A fault means that this firmware is wrong. Say so at the next boot, and start again; a second fault
// inside of this one locks the core up, which only a power cycle ends.
void fault_handler() {
  tinyrig::port::boot_record.announce(ResetReason::kFault);
  tinyrig::port::core::system_reset();
}

using Handler = void (*)();

constexpr unsigned kSystemExceptions = 15;
struct VectorTable {
  std::byte* stack;
  Handler handlers[kSystemExceptions + tinyrig::port::kReceiveIrq + 1];
};

constexpr VectorTable make_vectors() {
  VectorTable table{__stack_high, {}};
  for (Handler& handler : table.handlers) handler = fault_handler;
  table.handlers[0] = reset_handler;
  table.handlers[kSystemExceptions + tinyrig::port::kReceiveIrq] = receive_interrupt;
  return table;
}

[[gnu::section(".vectors"), gnu::used]] constinit const VectorTable vectors = make_vectors();

}  // namespace

extern "C" [[gnu::used]] void start() {
#if __ARM_ARCH >= 7
  // A boot loader that started us may have left its own table (VTOR).
  tinyrig::port::reg32(0xE000'ED08) = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&vectors));
#endif
  tinyrig::port::initialize_memory();
  tinyrig::port::boot_record.on_boot();
  main();
  tinyrig::port::core::system_reset();
}

// Vector instructions may appear in any compiled code, so the coprocessors are enabled (CPACR: CP10, CP11)
// before the first of it runs.
extern "C" [[gnu::naked, noreturn]] void reset_handler() {
  asm volatile(
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
      "ldr r0, =0xE000ED88\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, #0xF00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
#endif
      "bl start\n"
      "b .\n"
      ".ltorg\n");
}
