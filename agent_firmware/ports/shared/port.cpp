// port.h for every board of this repository: what its board_config.h names (Clock, Uart, Counter, Slot, core and
// constants) put together.
#include "agent_firmware/agent/port.h"

#include "agent_firmware/ports/shared/boot_record.h"
#include "agent_firmware/ports/shared/memory_layout.h"
#include "agent_firmware/ports/shared/ring.h"
#include "board_config.h"

namespace tinyrig::port {
namespace {

Ring<kReceiveRingBytes> received;
// The ring was full: the receive interrupt is off and bytes wait in the UART and behind it.
volatile bool receiver_stopped = false;
// A byte that ends a frame or a text command is in the ring.
volatile bool frame_ended = false;
constexpr std::size_t kBatchBytes = kReceiveRingBytes / 2;
volatile std::uint32_t interrupts = 0;

// From the interrupt, or with interrupts masked.
void drain_uart() {
  Uart::acknowledge_receive();
  while (Uart::has_byte()) {
    if (received.full()) {
      core::disable_interrupt(kReceiveIrq);
      receiver_stopped = true;
      return;
    }
    const std::uint8_t byte = Uart::take();
    received.push(byte);
    if (byte == 0 || byte == '%') frame_ended = true;
  }
}

}  // namespace

extern "C" void receive_interrupt() {
  interrupts = interrupts + 1;
  drain_uart();
}

void init() {
  Clock::init();
  UnitId::init();
  Counter::init();
  Trigger::init();
  Uart::init(kDefaultBaud);
  core::enable_interrupt(kReceiveIrq);
  core::mask_interrupts();
  drain_uart();  // a byte that came before the interrupt was on
  core::unmask_interrupts();
}

std::size_t read(std::span<std::uint8_t> buffer) {
  frame_ended = false;  // before the pop: what comes later sets it again
  const std::size_t count = received.pop(buffer);
  if (!received.empty()) frame_ended = true;  // the end may be in what is left
  if (receiver_stopped && count != 0) {
    core::mask_interrupts();
    receiver_stopped = false;
    core::enable_interrupt(kReceiveIrq);
    drain_uart();
    core::unmask_interrupts();
  }
  return count;
}

std::size_t receive_capacity() { return received.capacity(); }

void write(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) Uart::put(byte);
}

void flush() { Uart::flush(); }

void wait() {
  core::mask_interrupts();
  if (received.empty()) core::wait_for_interrupt();
  core::unmask_interrupts();
}

void wait_for_frame() {
  core::mask_interrupts();
  while (!frame_ended && received.size() < kBatchBytes) {
    core::wait_for_interrupt();
    core::unmask_interrupts();  // here the handler runs
    core::mask_interrupts();
  }
  core::unmask_interrupts();
}

bool set_baud(std::uint32_t baud) { return Uart::set_baud(baud); }

std::uint64_t ticks() { return Counter::now(); }
std::uint64_t ticks_per_second() { return Counter::ticks_per_second(); }
std::uint64_t counter_period() { return Counter::period(); }
bool counts_core_cycles() { return Counter::counts_core_cycles(); }
const char* clock_state() { return name_of(Clock::state()); }
void begin_measuring() {
  core::mask_interrupts();
  Trigger::raise();
}
void end_measuring() {
  Trigger::lower();
  core::unmask_interrupts();
}
bool has_trigger() { return Trigger::kPresent; }
std::uint32_t interrupt_count() { return interrupts; }
std::uint32_t calibration_loop(std::uint32_t loops) { return core::calibration_loop(loops); }

const char* board_type() { return kBoardType; }
const char* build_id() { return __build_id; }
std::span<const std::uint8_t> unit_id() { return UnitId::bytes(); }
ResetReason reset_reason() { return boot_record.reason(); }
const Crash* crash() { return boot_record.crash(); }
std::uint32_t boot_count() { return boot_record.boot_count(); }

void reset() {
  boot_record.announce(ResetReason::kSoftware);
  core::system_reset();
}

std::span<std::byte> model_ram() { return {__model_ram_start, __model_ram_end}; }
std::span<const std::byte> model_slot() { return Slot::bytes(); }
bool slot_writable() { return Slot::writable(); }
bool slot_erase(std::size_t bytes) { return Slot::erase(bytes); }
bool slot_program(std::size_t offset, std::span<const std::byte> bytes) { return Slot::program(offset, bytes); }
std::span<std::byte> stack() { return {__stack_low, __stack_high}; }
std::size_t static_ram_bytes() {
  return static_cast<std::size_t>(__data_end - __data_start) + static_cast<std::size_t>(__bss_end - __noinit_start);
}
std::size_t flash_bytes() { return static_cast<std::size_t>(__image_end - __image_start); }

}  // namespace tinyrig::port
