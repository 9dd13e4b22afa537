// The porting test: proves a port without link, agent and engine. One command per line on the serial line:
//   i          who it is: "board=... build=... unit=... boot=... reset=... ram=... slot=..."
//   c LOOPS    calibration: "c LOOPS ticks=T instructions_per_loop=I interrupts=N"
//   s BYTES    takes so many raw bytes, then "s BYTES fnv=HASH": receive throughput and back-pressure
//   o BYTES    sends so many raw bytes: transmit throughput
//   w BYTES    erases the slot, programs that many bytes, reads them back: "w ok" or "w failed"
//   h BYTES    FNV-1a over the first bytes of the slot: "h HASH"
//   m          writes and checks all of the model RAM: "m ok BYTES"
//   r / f      resets by software / by a fault
// docs/porting.md says what to expect.
#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/port.h"
#include "agent_firmware/ports/shared/print.h"

namespace {

using namespace tinyrig;
using namespace tinyrig::text;

constexpr std::uint32_t kFnvStart = 2166136261U;
std::uint32_t fnv(std::uint32_t hash, std::uint8_t byte) { return (hash ^ byte) * 16777619U; }

void identify() {
  print("board=");
  print(port::board_type());
  print(" build=");
  print(port::build_id());
  print(" unit=");
  print_hex(port::unit_id());
  print_field(" boot=", port::boot_count());
  print_field(" reset=", static_cast<std::uint64_t>(port::reset_reason()));
  print_field(" hz=", port::ticks_per_second());
  print_field(" core_cycles=", port::counts_core_cycles() ? 1 : 0);
  print(" clock=");
  print(port::clock_state());
  print_field(" ram=", port::model_ram().size());
  print_field(" slot=", port::model_slot().size());
  print_field(" slot_address=", reinterpret_cast<std::uintptr_t>(port::model_slot().data()));
  print_field(" stack=", port::stack().size());
  print_field(" static=", port::static_ram_bytes());
  print_field(" flash=", port::flash_bytes());
  print_field(" ring=", port::receive_capacity());
  print("\n");
}

void calibrate(std::uint32_t loops) {
  port::flush();
  const std::uint32_t interrupts_before = port::interrupt_count();
  port::begin_measuring();
  const std::uint64_t start = port::ticks();
  const std::uint32_t instructions = port::calibration_loop(loops);
  const std::uint64_t end = port::ticks();
  const std::uint32_t interrupts_in_window = port::interrupt_count() - interrupts_before;
  port::end_measuring();
  print_field("c ", loops);
  print_field(" ticks=", end - start);
  print_field(" instructions_per_loop=", instructions);
  print_field(" interrupts=", interrupts_in_window);
  print("\n");
}

void sink(std::uint32_t bytes) {
  std::uint32_t hash = kFnvStart;
  std::uint8_t buffer[64];
  for (std::uint32_t left = bytes; left != 0;) {
    const std::size_t count = port::read(std::span(buffer).first(left < sizeof buffer ? left : sizeof buffer));
    if (count == 0) port::wait();
    for (std::size_t i = 0; i < count; ++i) hash = fnv(hash, buffer[i]);
    left -= static_cast<std::uint32_t>(count);
  }
  print_field("s ", bytes);
  print(" fnv=");
  print_hash(hash);
  print("\n");
}

void source(std::uint32_t bytes) {
  std::uint8_t block[64];
  for (std::size_t i = 0; i < sizeof block; ++i) block[i] = static_cast<std::uint8_t>('0' + i);
  for (std::uint32_t left = bytes; left != 0;) {
    const std::size_t count = left < sizeof block ? left : sizeof block;
    port::write(std::span(block).first(count));
    left -= static_cast<std::uint32_t>(count);
  }
}

bool write_slot(std::uint32_t bytes) {
  constexpr std::size_t kBlock = 64;
  if (!port::slot_writable() || bytes > port::model_slot().size() || bytes % 16 != 0) return false;
  if (!port::slot_erase(bytes)) return false;
  std::byte block[kBlock];
  for (std::uint32_t offset = 0; offset < bytes;) {
    const std::size_t count = bytes - offset < kBlock ? bytes - offset : kBlock;
    for (std::size_t i = 0; i < count; ++i) block[i] = static_cast<std::byte>((offset + i) * 7 + (offset >> 8));
    if (!port::slot_program(offset, std::span(block).first(count))) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (port::model_slot()[offset + i] != block[i]) return false;
    }
    offset += static_cast<std::uint32_t>(count);
  }
  return true;
}

void hash_slot(std::uint32_t bytes) {
  std::uint32_t hash = kFnvStart;
  const auto slot = port::model_slot();
  for (std::uint32_t i = 0; i < bytes && i < slot.size(); ++i) hash = fnv(hash, static_cast<std::uint8_t>(slot[i]));
  print("h ");
  print_hash(hash);
  print("\n");
}

void check_model_ram() {
  const auto ram = port::model_ram();
  for (std::size_t i = 0; i < ram.size(); ++i) ram[i] = static_cast<std::byte>(i * 31 + (i >> 8));
  for (std::size_t i = 0; i < ram.size(); ++i) {
    if (ram[i] != static_cast<std::byte>(i * 31 + (i >> 8))) {
      print_field("m failed at ", i);
      print("\n");
      return;
    }
  }
  print_field("m ok ", ram.size());
  print("\n");
}

void fault() {
#if defined(__riscv)
  asm volatile("unimp");
#else
  asm volatile("udf #0");
#endif
}

void obey(std::span<const char> line) {
  if (line.empty()) return;
  std::uint32_t number = 0;
  for (const char c : line.subspan(1)) {
    if (c >= '0' && c <= '9') number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  switch (line[0]) {
    case 'i':
      return identify();
    case 'c':
      return calibrate(number);
    case 's':
      return sink(number);
    case 'o':
      return source(number);
    case 'w':
      return print(write_slot(number) ? "w ok\n" : "w failed\n");
    case 'h':
      return hash_slot(number);
    case 'm':
      return check_model_ram();
    case 'r':
      port::flush();
      port::reset();
    case 'f':
      port::flush();
      return fault();
    default:
      print("? i c s o w h m r f\n");
  }
}

}  // namespace

int main() {
  port::init();
  print("bringup ready\n");
  char line[32];
  std::size_t length = 0;
  for (;;) {
    std::uint8_t byte;
    while (port::read(std::span(&byte, 1)) == 1) {
      if (byte == '\n') {
        obey(std::span(line, length));
        length = 0;
      } else if (length < sizeof line) {
        line[length++] = static_cast<char>(byte);
      }
    }
    port::wait();
  }
}
