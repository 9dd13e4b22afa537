// Waits for what the system does not announce: asks again and again, until a deadline or cancel().
//
// One wait at a time; all calls on one executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "absl/status/status.h"

namespace tinyrig::flash {

class Poll {
 public:
  using Clock = std::chrono::steady_clock;

  /// OK when `done` said true · DEADLINE_EXCEEDED · CANCELLED.
  boost::asio::awaitable<absl::Status> until(std::function<bool()> done, Clock::time_point deadline);
  void cancel();
  /// Forgets a cancel(): another call begins.
  void begin() { cancelled_ = false; }
  bool cancelled() const { return cancelled_; }

 private:
  std::optional<boost::asio::steady_timer> timer_;
  bool cancelled_ = false;
};

}  // namespace tinyrig::flash
