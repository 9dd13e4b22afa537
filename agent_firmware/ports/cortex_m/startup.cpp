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

// What the core saved when it took the exception: r0 to r3, r12, lr, pc, xPSR (B1.5.6 of the Armv7-M manual).
constexpr std::size_t kSavedWords = 8;

// A stack that has left RAM is not looked at: a second fault inside of this one locks the core up, which only a power
// cycle ends.
bool is_stack(std::uint32_t sp) {
  const auto low = reinterpret_cast<std::uintptr_t>(__stack_low), high = reinterpret_cast<std::uintptr_t>(__stack_high);
  return sp % 4 == 0 && sp >= low && sp <= high - kSavedWords * sizeof(std::uint32_t);
}

// A fault means that this firmware is wrong. Keep what it was for the next boot, and start again.
[[gnu::used]] void record_fault(std::uint32_t sp) {
  using tinyrig::port::reg32;
  tinyrig::port::Crash crash{
      .cause = reg32(0xE000'ED04) & 0x1FF, .pc = 0, .lr = 0, .sp = sp, .fault_status = 0, .address = 0};
  if (is_stack(sp)) {
    const auto* saved = reinterpret_cast<const std::uint32_t*>(sp);
    crash.lr = saved[5];
    crash.pc = saved[6];
    crash.sp = sp + kSavedWords * sizeof(std::uint32_t);
  }
#if __ARM_ARCH >= 7
  constexpr std::uint32_t kMemoryAddressValid = 1U << 7, kBusAddressValid = 1U << 15;
  crash.fault_status = reg32(0xE000'ED28);
  if ((crash.fault_status & kBusAddressValid) != 0) crash.address = reg32(0xE000'ED38);
  if ((crash.fault_status & kMemoryAddressValid) != 0) crash.address = reg32(0xE000'ED34);
#endif
  tinyrig::port::boot_record.announce_fault(crash);
  tinyrig::port::core::system_reset();
}

// One stack is used, the main one: where it is now, the core has put what it saved.
[[gnu::naked]] void fault_handler() {
  asm volatile(
      "mov r0, sp\n"
      "bl %c0\n" ::"i"(record_fault));
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
