// What survives a reset in RAM that start-up does not clear: how often the board booted since power came,
// why it was reset, for boards whose hardware does not say, and what a fault left behind.
#pragma once

#include <cstdint>

#include "agent_firmware/agent/port.h"

namespace tinyrig::port {

class BootRecord {
 public:
  // Once per boot. Memory without a valid record means that power was off.
  void on_boot();
  // Just before a reset that the firmware causes.
  void announce(ResetReason reason);
  void announce_fault(const Crash& crash);

  ResetReason reason() const { return reason_; }
  const Crash* crash() const { return reason_ == ResetReason::kFault ? &crash_ : nullptr; }
  std::uint32_t boot_count() const { return count_; }

 private:
  std::uint32_t magic_;
  std::uint32_t count_;
  std::uint32_t count_inverted_;  // damage shows
  ResetReason announced_;
  ResetReason reason_;
  Crash crash_;
};

// In .noinit.
extern BootRecord boot_record;

}  // namespace tinyrig::port
