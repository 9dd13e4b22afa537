// Work that may hang in the system, on a thread of its own: opening and writing files on a drive that is a device's.
// Whoever waits for it does so until a deadline or cancel(); work that hangs then is left to itself, so it must own all
// that it touches.
//
// One run at a time; run() and cancel() on one executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/status.h"

namespace tinyrig::flash {

class Aside {
 public:
  using Clock = std::chrono::steady_clock;

  Aside();
  ~Aside();

  /// OK: `work` has returned, and what it wrote is there to be read · DEADLINE_EXCEEDED · CANCELLED (it may go on) ·
  /// RESOURCE_EXHAUSTED (no thread).
  boost::asio::awaitable<absl::Status> run(std::function<void()> work, Clock::time_point deadline);
  void cancel();

 private:
  struct Wait;
  std::weak_ptr<Wait> wait_;  // of the pending run
};

}  // namespace tinyrig::flash
