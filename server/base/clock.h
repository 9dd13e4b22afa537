// The time of day behind a seam, so that tests decide what time it is.
//
// Thread-safe: both clocks may be asked from any thread.
#pragma once

#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tinyrig {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time, for stamps that people read and rows that survive a restart. May jump.
  virtual absl::Time now() const = 0;
};

/// The machine's own clock.
class SystemClock final : public Clock {
 public:
  absl::Time now() const override { return absl::Now(); }
};

/// Stands still until told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}

  absl::Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  void advance(absl::Duration by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;  // guarded by mutex_
};

}  // namespace tinyrig
