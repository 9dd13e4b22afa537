// Everything that one attempt saw on the board, raw, in the order it came, ticks as the board's counter
// gave them; run_result.h makes the result of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/link/agent_session.h"
#include "server/power/capture.h"
#include "tinyrig/agent/v1/agent.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::bench {

struct Session {
  std::vector<std::uint64_t> latency_ticks;
  std::uint32_t interrupts = 0;
  // Of the outputs after the last iteration.
  std::uint32_t output_fnv1a32 = 0;
};

// What the agent said of the windows in which energy was measured, and what the instrument recorded meanwhile.
struct EnergyRecording {
  std::vector<agent::v1::EnergyDone> windows;
  power::Capture capture;
};

struct RunRecording {
  agent::v1::HelloReply hello;
  // "ram", "flash_slot"
  std::string placement;
  double calibration_ratio = 0;
  std::vector<Session> sessions;
  std::vector<link::ProfileIteration> profile;
  // Clean inferences to hold the profile against, when latency itself is not measured.
  std::vector<std::uint64_t> profile_clean_ticks;
  std::uint32_t profile_interrupts = 0;
  // Of reading the counter once.
  std::uint32_t counter_read_ticks = 0;
  agent::v1::MemoryReport memory;
  EnergyRecording energy;
  v1::Verification verification;
};

}  // namespace tinyrig::bench
