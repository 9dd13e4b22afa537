// The queue of runs: takes jobs in, hands runs to boards, decides what follows from how an attempt ended.
//
// Thread-safe; called from several io threads. Its lock is never held across disk or callbacks. What must
// be durable (accepted jobs, ends of attempts, cancellations) takes effect when the store says that it is;
// completions and hooks run on the store's writer thread or the caller's: post onward, do no work there.
//
// The rule for ends: succeeded, user_error, cancelled, timed_out and inconclusive are final. A board_error
// or infra_error sends the run to another board, at most twice, then ends it as such. A daemon's restart
// is listed as an attempt (DAEMON_RESTARTED) and does not count towards that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/events/event_bus.h"
#include "server/jobs/board_view.h"
#include "server/jobs/expand.h"
#include "server/jobs/ids.h"
#include "server/jobs/queue_observer.h"
#include "server/store/store.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::jobs {

/// A run given to a board, once: this attempt of it belongs to the taker until finish().
struct Lease {
  std::string run_id;
  std::string job_id;
  /// From 1; every later call about the run names it.
  std::uint32_t attempt = 0;
  /// Model, runtime, measurements and settings (defaults filled in).
  v1::Run run;
};

/// How an attempt ended.
struct AttemptEnd {
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  /// Upper snake case; empty on success.
  std::string reason;
  /// For people: what, where, what to do.
  std::string message;
  /// With SUCCEEDED or INCONCLUSIVE.
  std::optional<v1::RunResult> result;
  std::vector<v1::SessionSamples> samples;
  /// Null: no energy was measured.
  std::shared_ptr<const store::PackedCapture> capture = nullptr;
};

/// Runs of one board type and priority that wait for a board.
struct WaitingGroup {
  std::string board_type;
  v1::Priority priority = v1::PRIORITY_NORMAL;
  std::size_t runs = 0;
  /// When the one that waits longest was submitted.
  absl::Time oldest;
};

/// Plans a submitted job: expand() with the farm as it is.
using Planner = std::function<absl::StatusOr<JobPlan>(const v1::JobSpec&)>;

class JobQueue {
 public:
  /// Board and infrastructure errors after which a run ends: the first attempt and two more.
  static constexpr std::uint32_t kMaxFailures = 3;

  /// Everything passed by reference must outlive the queue, and the store's completions that it still
  /// waits for: destroy the store (which finishes its writes) before bus, clock and ids.
  JobQueue(store::Store& store, events::EventBus& bus, const Clock& clock, IdSource& ids, Planner planner);
  /// Completions that come afterwards still answer their callers; hooks are not called any more.
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  /// At start, before anything else: unfinished runs are queued again. Reads the disk.
  absl::Status recover();

  // --- the user's side ------------------------------------------------------------------------------

  /// Answers when the job is durable. The same key with the same spec answers with the same job.
  /// Reads the disk and plans on the caller's thread (not for gRPC's callback threads).
  /// Errors: the planner's; INVALID_ARGUMENT IDEMPOTENCY_KEY_TOO_LONG; ALREADY_EXISTS
  /// IDEMPOTENCY_KEY_REUSED; the store's (DISK_FULL; QUOTA_JOBS: the owner would have more unfinished jobs than
  /// `most_unfinished_jobs`, unless that is 0).
  void submit(v1::JobSpec spec, std::string idempotency_key, store::DoneWith<v1::SubmitJobResponse> done,
              std::uint32_t most_unfinished_jobs = 0);

  /// Queued runs end at once; boards that run others are told by on_cancel. Answers with the job as it
  /// then is. NOT_FOUND JOB_UNKNOWN. A finished job is left as it is.
  void cancel(const std::string& job_id, store::DoneWith<v1::Job> done);

  /// Ends the runs of jobs whose start_within_s has passed before a board began them. Call every second from a timer.
  void expire_jobs();

  /// The job with its runs as they are this moment (steps and progress included, which the store does
  /// not keep). Reads the disk. NOT_FOUND JOB_UNKNOWN.
  absl::StatusOr<v1::Job> job(const std::string& job_id) const;

  /// The run likewise. NOT_FOUND RUN_UNKNOWN.
  absl::StatusOr<v1::Run> run(const std::string& run_id) const;

  /// Adds what only the queue knows (step, progress, the newest state) to runs read from the store.
  void overlay(v1::RunSummary* run) const;

  // --- the boards' side -----------------------------------------------------------------------------

  /// The next run for this board, leased to it; nullopt when there is none (or ends of runs wait for
  /// room on the disk, or the store takes nothing new in). Owners, and an owner's jobs, take turns per board type
  /// (pick.h); a pinned run waits for its board; a run that failed on a board goes to another usable unit when there is
  /// one. Asking tells the queue that the board is usable.
  std::optional<Lease> take(const BoardView& board);

  /// A board of the farm and what it carries, before it has asked for work for the first time.
  void know_board(const BoardView& board);

  /// The board cannot take runs for now (offline, quarantined, maintenance), so nothing waits for it.
  void board_unavailable(const std::string& board_id);

  /// PREPARING, MEASURING, COLLECTING. Ignored when the attempt is not the run's current one.
  void set_state(const std::string& run_id, std::uint32_t attempt, v1::RunState state);

  /// What it does now, for people ("uploading model"), and how far, 0..1. An event only, nothing stored.
  void set_step(const std::string& run_id, std::uint32_t attempt, const std::string& step, double progress);

  /// Ends the attempt; `done` (may be empty) is called when that is durable. Ends that the disk has no
  /// room for are kept and tried again (retry_unsaved), and no board gets work until they are saved;
  /// `done` is called then. FAILED_PRECONDITION ATTEMPT_STALE: not the run's current attempt.
  void finish(const std::string& run_id, std::uint32_t attempt, AttemptEnd end, store::Done done = nullptr);

  /// True when the run's job was asked to stop (or the run is not active any more).
  bool cancel_requested(const std::string& run_id) const;

  /// Saves again what the disk refused. Call every few seconds from a timer.
  void retry_unsaved();

  // --- hooks, set once before recover() ---------------------------------------------------------------

  /// There may be work for idle boards: call take() again.
  void on_work(std::function<void()> hook);

  /// A leased run's job was cancelled: stop it and finish() it as CANCELLED.
  void on_cancel(std::function<void(const std::string& run_id, const std::string& board_id)> hook);

  /// Told of every run; must outlive the queue.
  void observe(QueueObserver& observer);

  // --- both -------------------------------------------------------------------------------------------

  /// One line of a job's log: stored and published. `level`: "info", "warning", "error". Run and board
  /// may be empty. Texts are cut at 4 KiB.
  void log(const std::string& job_id, const std::string& run_id, const std::string& board_id, const std::string& level,
           const std::string& text);

  /// Runs that wait for a board.
  std::size_t queued_runs() const;
  /// The same by board type and priority; looks at each.
  std::vector<WaitingGroup> waiting_groups() const;
  /// Ends that wait for room on the disk.
  std::size_t unsaved_ends() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace tinyrig::jobs
