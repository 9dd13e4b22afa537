#include "agent_firmware/agent/window.h"

namespace tinyrig::agent {

Window run_back_to_back(Model& model, std::uint32_t inferences) {
  Window window;
  port::begin_measuring();
  const std::uint32_t interrupts_before = port::interrupt_count();
  window.start_ticks = window.end_ticks = read_ticks();
  for (std::uint32_t i = 0; i < inferences && window.error == runtime::Error::kOk; ++i) {
    model.fill_inputs();
    window.error = model.run();
    // Read after each: the counter must not wrap unseen.
    window.end_ticks = read_ticks();
  }
  window.interrupts = port::interrupt_count() - interrupts_before;
  port::end_measuring();
  return window;
}

Window run_estimated(Model& model) {
  const runtime::OperatorHook hook{.after = [](void*, std::uint16_t) { read_ticks(); }, .context = nullptr};
  Window window;
  model.fill_inputs();
  window.start_ticks = read_ticks();
  window.error = model.run(&hook);
  window.end_ticks = read_ticks();
  return window;
}

bool wraps_unseen(std::uint64_t ticks) { return ticks > port::counter_period() / 2; }

}  // namespace tinyrig::agent
