// The inside of JobQueue (job_queue.h says what its functions promise): jobs and runs that have not
// finished, in memory, and what happens to them. The store holds the truth; this mirrors it.
//
// A run's way: kWaiting -> kActive (a board has it) -> kEnding (its end is on the way to the disk) -> gone,
// or kWaiting again. When the disk refuses the end: kUnsaved until it is tried again. While the
// end of a job's waiting runs (cancelled, or out of time) is on the way to the disk they are kHeld, so that no board
// gets them.
//
// Lifetime: shared by the queue and by the store's completions that are still to come.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/jobs/job_queue.h"
#include "server/jobs/pick.h"

namespace tinyrig::jobs {

/// Of the run's job.
absl::Time submit_time(const v1::Run& run);

class JobQueue::Core : public std::enable_shared_from_this<JobQueue::Core> {
 public:
  Core(store::Store& store, events::EventBus& bus, const Clock& clock, IdSource& ids, Planner planner);

  // queue_submit.cpp
  void submit(v1::JobSpec spec, std::string idempotency_key, store::DoneWith<v1::SubmitJobResponse> done,
              std::uint32_t most_unfinished_jobs);
  // queue_stop.cpp
  void cancel(const std::string& job_id, store::DoneWith<v1::Job> done);
  bool cancel_requested(const std::string& run_id) const;
  void expire_jobs();
  // queue_runs.cpp
  absl::Status recover();
  std::optional<Lease> take(const BoardView& board);
  void set_state(const std::string& run_id, std::uint32_t attempt, v1::RunState state);
  void set_step(const std::string& run_id, std::uint32_t attempt, const std::string& step, double progress);
  void finish(const std::string& run_id, std::uint32_t attempt, AttemptEnd end, store::Done done);
  void retry_unsaved();
  // queue_core.cpp
  absl::StatusOr<v1::Job> job(const std::string& job_id) const;
  absl::StatusOr<v1::Run> run(const std::string& run_id) const;
  void overlay(v1::RunSummary* run) const;
  void know_board(const BoardView& board);
  void board_unavailable(const std::string& board_id);
  void log(const std::string& job_id, const std::string& run_id, const std::string& board_id, const std::string& level,
           const std::string& text);
  std::size_t queued_runs() const;
  std::vector<WaitingGroup> waiting_groups() const;
  std::size_t unsaved_ends() const;
  void on_work(std::function<void()> hook);
  void on_cancel(std::function<void(const std::string&, const std::string&)> hook);
  void observe(QueueObserver& observer);
  /// No hook is called after it returns.
  void close();

 private:
  /// A run and the board that is to stop it.
  using StopOrder = std::pair<std::string, std::string>;
  enum class Phase { kWaiting, kHeld, kActive, kEnding, kUnsaved };

  struct RunEntry {
    store::ScheduledRun scheduled;
    std::uint64_t order = 0;
    Phase phase = Phase::kWaiting;
    v1::Attempt attempt;  // the current one, while kActive and after
    // While kEnding or kUnsaved:
    std::shared_ptr<const store::AttemptEnd> end;
    store::Done end_done;
  };

  struct JobEntry {
    v1::Job job;  // without runs
    std::uint64_t order = 0;
    std::set<std::string> run_ids;                 // those that have not finished
    std::array<std::uint32_t, 8> runs_by_state{};  // of run_ids
    int stops_in_flight = 0;
  };

  // All of these with mutex_ held.
  RunEntry* active_run(const std::string& run_id, std::uint32_t attempt);
  void add_job(v1::Job job);
  void forget_job(const JobEntry& job);
  RunEntry& add_run(store::ScheduledRun scheduled);
  void make_waiting(const std::string& run_id, RunEntry& run);
  /// The run's summary becomes this one; events say so.
  void adopt(RunEntry& run, v1::RunSummary summary);
  void change_state(RunEntry& run, v1::RunState state);
  void drop_run(const std::string& run_id, RunEntry& run);
  void update_job_state(JobEntry& job);
  void publish_run(const RunEntry& run);
  void publish_job(const JobEntry& job);
  void tell_if_finished(const RunEntry& run);
  void save_end(const std::string& run_id, RunEntry& run);
  void retry_unsaved_locked();
  void wait_for_room(RunEntry& run, const absl::Status& status);
  void log_locked(const std::string& job_id, const std::string& run_id, const std::string& board_id,
                  const std::string& level, const std::string& text);
  /// Keeps the job's waiting runs from boards until the store has answered that they ended: stopped() follows.
  void hold_waiting(JobEntry& job);
  void follow_stop(JobEntry& job, const v1::Job& stored, std::vector<StopOrder>* to_stop);
  store::AttemptEnd decide(const RunEntry& run, AttemptEnd end) const;

  // The store's completions.
  void submitted(std::shared_ptr<store::NewJob> job, absl::StatusOr<store::AcceptedJob> accepted,
                 store::DoneWith<v1::SubmitJobResponse> done);
  void stopped(const std::string& job_id, absl::StatusOr<v1::Job> job, store::DoneWith<v1::Job> done);
  void ended(const std::string& run_id, absl::StatusOr<store::AttemptEndResult> result);

  void answer_known(const std::string& job_id, store::DoneWith<v1::SubmitJobResponse> done) const;
  void call_work_hook();
  void call_cancel_hook(const std::string& run_id, const std::string& board_id);

  store::Store& store_;
  events::EventBus& bus_;
  const Clock& clock_;
  IdSource& ids_;
  const Planner planner_;

  // Events are published with it held, so that they come in the order of what they tell; the bus only
  // queues. So does the store, whose writes thereby have the same order.
  mutable std::mutex mutex_;
  std::unordered_map<std::string, JobEntry> jobs_;
  std::unordered_map<std::string, RunEntry> runs_;
  WaitingRuns waiting_;
  std::set<std::string> unsaved_;                           // refused for want of room, until they are saved
  std::set<std::pair<absl::Time, std::string>> deadlines_;  // of unfinished jobs, with their ids
  std::uint64_t next_order_ = 1;
  QueueObserver* observer_ = nullptr;

  // Held while a hook runs, never together with mutex_.
  std::mutex hook_mutex_;
  std::function<void()> work_hook_;
  std::function<void(const std::string&, const std::string&)> cancel_hook_;
};

}  // namespace tinyrig::jobs
