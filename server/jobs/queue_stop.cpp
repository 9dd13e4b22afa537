// How a job's waiting runs end before any board has had them, when it is cancelled or out of time: they are held back,
// their end becomes durable, then they are gone; boards that have others of a cancelled job are told. When the disk
// refuses it, everything is as before.
#include <utility>

#include "server/base/error.h"
#include "server/jobs/queue_core.h"

namespace tinyrig::jobs {

void JobQueue::Core::cancel(const std::string& job_id, store::DoneWith<v1::Job> done) {
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto job = jobs_.find(job_id); job != jobs_.end()) {
      known = true;
      hold_waiting(job->second);
      store_.request_cancel(
          job_id, clock_.now(),
          [self = shared_from_this(), job_id, done = std::move(done)](absl::StatusOr<v1::Job> cancelled) mutable {
            self->stopped(job_id, std::move(cancelled), std::move(done));
          });
    }
  }
  if (known) return;
  absl::StatusOr<v1::Job> stored = job(job_id);
  if (stored.ok() && stored->state() != v1::RUN_STATE_FINISHED) {
    // NOLINTNEXTLINE(bugprone-use-after-move): moved only when `known`
    done(make_error(absl::StatusCode::kUnavailable, "JOB_NOT_READY", "job " + job_id + " is only just being taken in",
                    "Try again."));
    return;
  }
  done(std::move(stored));
}

void JobQueue::Core::expire_jobs() {
  const std::lock_guard lock(mutex_);
  const absl::Time now = clock_.now();
  for (const auto& [deadline, job_id] : deadlines_) {
    if (deadline > now) break;
    JobEntry& job = jobs_.at(job_id);
    // A job stays listed while boards have runs of it: those may fail and wait again.
    if (job.runs_by_state[v1::RUN_STATE_QUEUED] == 0 || job.stops_in_flight > 0) continue;
    hold_waiting(job);
    store_.expire_job(job_id, now, [self = shared_from_this(), job_id = job_id](absl::StatusOr<v1::Job> expired) {
      self->stopped(job_id, std::move(expired), [](const absl::StatusOr<v1::Job>&) {});
    });
  }
}

void JobQueue::Core::hold_waiting(JobEntry& job) {
  ++job.stops_in_flight;
  for (const std::string& run_id : job.run_ids) {
    RunEntry& run = runs_.at(run_id);
    if (run.phase != Phase::kWaiting) continue;
    waiting_.remove(run_id);
    run.phase = Phase::kHeld;
  }
}

void JobQueue::Core::follow_stop(JobEntry& job, const v1::Job& stored, std::vector<StopOrder>* to_stop) {
  const bool finished = stored.state() == v1::RUN_STATE_FINISHED;
  std::vector<std::string> ended;
  for (const v1::RunSummary& summary : stored.runs()) {
    const auto run = runs_.find(summary.run_id());
    if (run == runs_.end()) continue;
    if (run->second.phase == Phase::kActive) {
      if (stored.cancel_requested()) to_stop->emplace_back(summary.run_id(), run->second.attempt.board_id());
    } else if (summary.state() == v1::RUN_STATE_FINISHED && run->second.phase == Phase::kHeld) {
      adopt(run->second, summary);
      ended.push_back(summary.run_id());
    }
  }
  if (finished) {
    job.job = stored;
    job.job.clear_runs();
  }
  job.job.set_cancel_requested(stored.cancel_requested());
  publish_job(job);
  // Last: the job goes with its last run.
  for (const std::string& run_id : ended) drop_run(run_id, runs_.at(run_id));
}

void JobQueue::Core::stopped(const std::string& job_id, absl::StatusOr<v1::Job> stored, store::DoneWith<v1::Job> done) {
  std::vector<StopOrder> to_stop;
  bool released = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(job_id);
    if (found != jobs_.end()) {
      JobEntry& job = found->second;
      --job.stops_in_flight;
      if (stored.ok()) {
        follow_stop(job, *stored, &to_stop);
      } else if (job.stops_in_flight == 0) {
        for (const std::string& run_id : job.run_ids) {
          RunEntry& run = runs_.at(run_id);
          if (run.phase != Phase::kHeld) continue;
          make_waiting(run_id, run);
          released = true;
        }
      }
    }
  }
  if (stored.ok()) {
    for (v1::RunSummary& run : *stored->mutable_runs()) overlay(&run);
  }
  done(std::move(stored));
  for (const auto& [run_id, board_id] : to_stop) call_cancel_hook(run_id, board_id);
  if (released) call_work_hook();
}

bool JobQueue::Core::cancel_requested(const std::string& run_id) const {
  const std::lock_guard lock(mutex_);
  const auto run = runs_.find(run_id);
  if (run == runs_.end() || run->second.phase != Phase::kActive) return true;
  return jobs_.at(run->second.scheduled.run.job_id()).job.cancel_requested();
}

}  // namespace tinyrig::jobs
