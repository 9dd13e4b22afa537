// One measuring window of inferences back to back: interrupts masked, trigger high.
#pragma once

#include <cstdint>

#include "agent_firmware/agent/model.h"
#include "agent_firmware/agent/port.h"

namespace tinyrig::agent {

struct Window {
  std::uint64_t start_ticks = 0, end_ticks = 0;
  std::uint32_t interrupts = 0;  // that ran in it
  runtime::Error error = runtime::Error::kOk;
};

// The counter, read so that no work moves across.
inline std::uint64_t read_ticks() {
  asm volatile("" ::: "memory");
  const std::uint64_t now = port::ticks();
  asm volatile("" ::: "memory");
  return now;
}

// The input is set anew before each. Ends at the first error.
Window run_back_to_back(Model& model, std::uint32_t inferences);

// One inference, the counter read after each operator so that it cannot wrap unseen.
Window run_estimated(Model& model);
// An inference of so many ticks could wrap the counter unseen.
bool wraps_unseen(std::uint64_t ticks);

}  // namespace tinyrig::agent
