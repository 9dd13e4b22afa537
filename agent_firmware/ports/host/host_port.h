// The port of the host agent: one process is one board. Set up once by main() before the agent runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent_firmware/agent/port.h"

namespace tinyrig::port::host {

struct Setup {
  int line_fd = -1;     // socket or PTY, both directions
  int trigger_fd = -1;  // where the trigger's records go; -1: no trigger
  std::vector<std::uint8_t> unit_id;
  std::size_t ram_bytes = 0;
  std::string slot_file;  // empty: no slot
  std::size_t slot_bytes = 0;
  std::uint32_t boot_count = 1;
  ResetReason reset_reason = ResetReason::kPowerOn;
  std::uint32_t clock_slow_ppm = 0;  // how much the counter lags behind what it states: a bad crystal
  std::string pty_link;              // removed when the agent ends
  std::span<std::byte> stack;
  // Starts the process anew, as a reset starts a board; returns only when that fails.
  void (*restart)() = nullptr;
};

// Maps RAM and slot; false with a message on stderr when that fails.
bool set_up(const Setup& setup);

}  // namespace tinyrig::port::host
