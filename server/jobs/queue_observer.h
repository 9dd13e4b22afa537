// Who is told how runs fare.
#pragma once

#include "absl/time/time.h"
#include "server/store/store.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::jobs {

/// Called with the queue's lock held, from any thread: quick, no calls into the queue.
class QueueObserver {
 public:
  virtual ~QueueObserver() = default;
  /// A board has taken the run for the first time, so long after its job was submitted.
  virtual void on_first_attempt(const v1::RunSummary& run, absl::Duration waited) = 0;
  /// The end of an attempt is durable. `run` is as it was before.
  virtual void on_attempt_ended(const v1::RunSummary& run, const store::AttemptEnd& end) = 0;
  /// The run has ended, and durably so, once.
  virtual void on_run_finished(const v1::RunSummary& run) = 0;
};

}  // namespace tinyrig::jobs
