// A board in memory: the port of agent/port.h with a host's endpoint at the other end of its line, in the
// same process and thread. Whenever the agent waits, the host reads, acknowledges and answers; time is a
// counter that the test sets. One board per process, as on real ones; make a new one for each test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent_firmware/agent/board_link.h"
#include "agent_firmware/agent/commands.h"
#include "agent_firmware/agent/mlperf_dialect.h"
#include "agent_firmware/agent/model.h"
#include "wire/link/endpoint.h"

namespace tinyrig::test {

/// Thrown by the port's reset(): the way out of an agent that never returns.
struct BoardReset {};

class MemoryBoard {
 public:
  struct Settings {
    std::size_t ram_bytes = 65536;
    std::size_t slot_bytes = 65536;  // 0: none
    bool slot_writable = true;
    bool has_trigger = true;
    std::uint64_t counter_period = UINT64_MAX;
    std::uint64_t ticks_per_read = 7;       // each look at the counter costs so much
    std::uint32_t interrupts_per_read = 0;  // and lets so many interrupts run
    std::size_t flash_fails_at = SIZE_MAX;  // offset that cannot be programmed
    // Looks at the counter, and waits, in one request; then the watchdog resets the board.
    std::size_t watchdog_steps = 1'000'000;
    runtime::Error (*run)(const runtime::OperatorHook*) = runtime::run;
    bool hello = true;  // a host says HELLO at once
  };

  explicit MemoryBoard(Settings settings);
  ~MemoryBoard();
  MemoryBoard(const MemoryBoard&) = delete;
  MemoryBoard& operator=(const MemoryBoard&) = delete;

  /// One request, encoded; all answers that come before the agent is idle again.
  std::vector<std::vector<std::uint8_t>> ask(std::span<const std::uint8_t> host_message);
  /// Bytes on the agent's line as they are, and whatever the agent makes of them.
  void feed_raw(std::span<const std::uint8_t> bytes);
  /// The same before a session, answered in text; what the board wrote.
  std::string type(std::string_view text);
  /// What `work` writes onto the line.
  template <class Work>
  std::string written(Work work) {
    to_host_.clear();
    work();
    return take_written();
  }
  /// A new session with another tag.
  void hello();

  /// Bytes that crossed the line, either way, while the agent measured.
  std::size_t bytes_while_measuring() const { return bytes_while_measuring_; }
  std::size_t windows() const { return windows_; }
  std::uint32_t resets() const { return resets_; }
  bool established() const { return host_.established(); }

  Settings settings;
  std::vector<std::byte> ram_storage;
  std::vector<std::byte> slot_storage;

  // For the port's functions.
  std::size_t port_read(std::span<std::uint8_t> buffer);
  void port_write(std::span<const std::uint8_t> bytes);
  void port_wait();
  void begin_measuring();
  void end_measuring();
  void count_reset() { ++resets_; }
  void step();
  std::span<std::byte> ram();
  std::span<std::byte> slot();
  std::uint64_t now = 1000;
  std::uint32_t interrupts = 0;

 private:
  void host_turn();
  void serve();
  void boot(std::uint32_t boot_count);
  std::string take_written();
  static void describe(void* self, agent::HelloReply& reply);
  static void take_command(void* self, char* command);

  std::deque<std::uint8_t> to_board_;
  std::vector<std::uint8_t> to_host_;
  std::vector<std::uint8_t> host_receive_, host_transmit_;
  link::Endpoint host_;
  std::vector<std::vector<std::uint8_t>> answers_;
  bool measuring_ = false;
  std::size_t bytes_while_measuring_ = 0;
  std::size_t windows_ = 0;
  std::size_t idle_turns_ = 0;
  std::size_t steps_ = 0;
  std::uint32_t resets_ = 0;
  std::uint16_t next_tag_ = 1;

  std::uint32_t boot_count_ = 0;
  agent::Model model_;
  std::optional<agent::MlperfDialect> mlperf_;
  std::optional<agent::BoardLink> link_;
  std::optional<agent::Commands> commands_;
};

}  // namespace tinyrig::test
