// The agent on foreign messages and foreign bytes: every stretch of the input is a HostMessage, sound or
// not, or raw bytes on its line. No crash, nothing written while it measures, and a ping is answered after.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/support/agent/memory_board.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tinyrig::test::MemoryBoard;
  MemoryBoard board({.ram_bytes = 8192, .slot_bytes = 4096, .watchdog_steps = 3000});
  std::size_t at = 0;
  while (at + 2 <= size) {
    const std::uint8_t kind = data[at];
    const std::size_t length = std::min<std::size_t>(data[at + 1], size - at - 2);
    const std::span<const std::uint8_t> bytes(data + at + 2, length);
    at += 2 + length;
    if (kind % 8 == 0) {
      board.feed_raw(bytes);
    } else {
      board.ask(bytes);
    }
    if (!board.established()) {
      board.hello();
    }
  }
  if (board.bytes_while_measuring() != 0) {
    std::abort();
  }
  const std::uint8_t zero[] = {0};
  board.feed_raw(zero);
  board.hello();
  const std::uint8_t ping[] = {0x08, 1, 0x12, 3, 0x0A, 1, 'x'};
  if (board.ask(ping).empty()) {
    std::abort();
  }
  return 0;
}
