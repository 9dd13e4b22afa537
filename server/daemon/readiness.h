// Whether the daemon can do all of its work now: what GET /readyz, gRPC's health and tinyrig_ready say.
#pragma once

#include <cstddef>
#include <mutex>

#include "absl/status/status.h"
#include "server/store/commit_observer.h"

namespace tinyrig::daemon {

/// Thread-safe.
class Readiness final : public store::CommitObserver {
 public:
  /// Boards have begun to work.
  void farm_started();
  /// The daemon ends.
  void ending();

  /// The last commit decides; there is one every minute at least (StorageKeeper).
  void on_commit(std::size_t writes, std::chrono::nanoseconds took, const absl::Status& trouble) override;

  /// OK, or UNAVAILABLE: FARM_NOT_STARTED, SERVER_STOPPING, RESULTS_WAIT (so many ends of runs wait for room on the
  /// disk), or the store's own reason (DISK_FULL, STORE_BUSY, STORE_FAILED, STORE_CORRUPT). `intake`: the store's.
  absl::Status status(std::size_t unsaved_ends, const absl::Status& intake) const;

 private:
  mutable std::mutex mutex_;
  bool started_ = false;        // guarded by mutex_
  bool ending_ = false;         // guarded by mutex_
  absl::Status store_trouble_;  // guarded by mutex_
};

}  // namespace tinyrig::daemon
