// Everything the daemon must not forget, behind one interface. Values are the public API's messages.
// Nothing above it may know which engine keeps them (today SQLite: sqlite_store.h).
//
// Thread-safe, all of it. Writes return at once; their completion says what became of them after they are
// durable (or were refused), on the store's writer thread: do no work there, post onward. Writes take
// effect in the order of the calls. Reads are synchronous, take a consistent snapshot and see every write
// whose completion has been called.
//
// Errors of every write: RESOURCE_EXHAUSTED DISK_FULL (nothing of it is kept; the same call works again
// once there is room), RESOURCE_EXHAUSTED STORE_BUSY (too much waits already), INTERNAL STORE_FAILED.
// Errors of every read: INTERNAL STORE_FAILED, DATA_LOSS STORE_CORRUPT.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tinyrig/v1/access.pb.h"
#include "tinyrig/v1/admin.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/leaderboard.pb.h"
#include "tinyrig/v1/model.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::store {

/// Completion of a write. May be empty when nobody asks.
using Done = absl::AnyInvocable<void(absl::Status)>;
template <typename T>
using DoneWith = absl::AnyInvocable<void(absl::StatusOr<T>)>;

/// What put_model did.
struct PutModelResult {
  v1::Model model;
  /// The same bytes were there before; `model` is how they are known.
  bool already_present = false;
};

/// A run with what only the scheduler needs to know.
struct ScheduledRun {
  /// run.summary: ids, model, board type, runtime, state; run.measurements, run.settings.
  v1::Run run;
  /// Empty: any unit of the board type.
  std::string pinned_board_id;
  /// Empty, or the label that a unit must carry.
  std::string required_label;
  /// Attempts that ended as board or infrastructure error (daemon restarts do not count).
  std::uint32_t counted_failures = 0;
  /// Boards of those attempts.
  std::vector<std::string> failed_board_ids;
};

/// A job to accept. Runs whose state is FINISHED already (a cell that cannot fit) carry their outcome.
struct NewJob {
  /// job_id, spec (defaults filled in), skipped_cells, create_time; runs and states come from `runs`.
  v1::Job job;
  /// Empty: no protection against a second submission.
  std::string idempotency_key;
  /// Of the spec as submitted; tells the same submission from another one with the same key.
  std::string spec_digest;
  std::vector<ScheduledRun> runs;
  /// Of the owner, with this one; 0: as many as it likes.
  std::uint32_t most_unfinished_jobs = 0;
};

struct AcceptedJob {
  std::string job_id;
  /// The key was known with the same digest; nothing new was stored.
  bool already_submitted = false;
};

struct Submission {
  std::string job_id;
  std::string spec_digest;
};

/// What an instrument sent while a run's energy was measured; its bytes as one zstd frame.
struct PackedCapture {
  v1::EnergyCapture info;
  std::string frame;
};

/// The same as it came.
struct Capture {
  v1::EnergyCapture info;
  std::string bytes;
};

/// Takes its time, about a second for 300 MB: not on a thread that others wait for. `info.size_bytes` is filled in.
PackedCapture pack_capture(v1::EnergyCapture info, std::span<const std::uint8_t> bytes);

/// How one attempt ended and what follows from it for its run.
struct AttemptEnd {
  std::string run_id;
  /// number, board_id, start and finish time, outcome, reason, message.
  v1::Attempt attempt;
  /// Counts towards the limit of attempts (board and infrastructure errors, never a daemon restart).
  bool counts_as_failure = false;
  /// True: the run is queued again. False: the run ends with the fields below.
  bool requeue = false;
  v1::Outcome run_outcome = v1::OUTCOME_UNSPECIFIED;
  std::string run_reason;
  std::string run_message;
  /// Of a run that ended with one (succeeded or inconclusive).
  std::optional<v1::RunResult> result;
  std::vector<v1::SessionSamples> samples;
  /// Of energy, where it was measured. Shared: an end that the disk refuses is kept and given again.
  std::shared_ptr<const PackedCapture> capture;
};

/// What end_attempt found and did.
struct AttemptEndResult {
  /// False: the attempt had ended before (the same call twice) or the run had; nothing was changed.
  bool applied = false;
  /// The run after the call, without result.
  v1::Run run;
  /// Set when this call ended the job: the job without its runs.
  std::optional<v1::Job> finished_job;
};

struct JobPage {
  std::vector<v1::Job> jobs;
  std::string next_page_token;
};

struct RunPage {
  std::vector<v1::Run> runs;
  std::string next_page_token;
};

/// What the golden model took on the first board of a type, by the agent's build and the packed image.
struct GoldenLatency {
  std::string board_type;
  std::string build_id;
  std::string packed_sha256;
  /// In the board type's unit.
  std::uint64_t ticks = 0;
  /// Who set it, and when.
  std::string board_id;
  absl::Time recorded;
};

/// A board taken out of the queue.
struct BoardHold {
  std::string board_id;
  v1::Hold hold;
  /// Proves a reservation; names this hold among all of the board's.
  std::string token;
};

/// A token and how it is known by its secret.
struct StoredToken {
  v1::Token token;
  std::string secret_sha256;
};

/// What one step of retention did.
struct RetentionStep {
  /// Recordings, runs' samples, jobs' logs and models that went.
  std::uint64_t removed = 0;
  std::uint64_t removed_bytes = 0;
  /// Given back to the disk.
  std::uint64_t returned_bytes = 0;
  /// There is more to do now.
  bool more = false;
};

/// Told how far a backup is; false ends it.
using BackupWatch = std::function<bool(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

class Store {
 public:
  virtual ~Store() = default;

  // --- models ---------------------------------------------------------------------------------------

  /// Keeps a model and its bytes. `model.sha256` must be the bytes' digest (the caller checked it).
  /// Known bytes: nothing changes but that expected outputs for new seeds are added, and when they came last.
  /// ALREADY_EXISTS MODEL_NAME_TAKEN: another model has the name.
  /// ALREADY_EXISTS EXPECTED_OUTPUT_CONFLICT: the bytes are known with another output for a seed.
  virtual void put_model(v1::Model model, std::string tflite_bytes, DoneWith<PutModelResult> done) = 0;

  /// By name, or by at least 8 digits of the digest; a name wins over a digest.
  /// NOT_FOUND MODEL_UNKNOWN (names what exists), MODEL_REMOVED (by retention), INVALID_ARGUMENT MODEL_AMBIGUOUS.
  virtual absl::StatusOr<v1::Model> find_model(const std::string& name_or_digest) const = 0;

  /// All, by name, without their operators.
  virtual absl::StatusOr<std::vector<v1::Model>> list_models() const = 0;

  /// The .tflite as registered. NOT_FOUND MODEL_UNKNOWN. `sha256`: all 64 digits.
  virtual absl::StatusOr<std::string> model_bytes(const std::string& sha256) const = 0;

  // --- jobs and runs --------------------------------------------------------------------------------

  /// Job, runs and idempotency key in one transaction.
  /// ALREADY_EXISTS IDEMPOTENCY_KEY_REUSED: the key is known with another spec. NOT_FOUND MODEL_UNKNOWN.
  /// RESOURCE_EXHAUSTED QUOTA_JOBS: the owner has as many unfinished jobs as it may.
  virtual void accept_job(NewJob job, DoneWith<AcceptedJob> done) = 0;

  /// nullopt: the key has not been seen.
  virtual absl::StatusOr<std::optional<Submission>> find_submission(const std::string& idempotency_key) const = 0;

  /// The run is leased to a board. `attempt.number` is one more than the run's attempts so far, else
  /// FAILED_PRECONDITION ATTEMPT_STALE and nothing changes.
  virtual void begin_attempt(std::string run_id, v1::Attempt attempt, Done done) = 0;

  /// PREPARING, MEASURING or COLLECTING of the run's current attempt; of any other attempt, or of an
  /// ended run: FAILED_PRECONDITION ATTEMPT_STALE.
  virtual void set_run_state(std::string run_id, std::uint32_t attempt_number, v1::RunState state, Done done) = 0;

  /// Attempt, run, result, samples, capture, leaderboard and (with its last run) the job, in one transaction. The
  /// oldest captures go when there is a quota that this one would break; one that is larger than the quota is not kept.
  /// The same end twice, or the end of an attempt whose begin was never stored, is fine.
  /// FAILED_PRECONDITION ATTEMPT_STALE: a later attempt has begun. NOT_FOUND RUN_UNKNOWN.
  virtual void end_attempt(AttemptEnd end, DoneWith<AttemptEndResult> done) = 0;

  /// Marks the job and ends its queued runs as cancelled. Runs on boards end by their own end_attempt.
  /// Gives the job with its runs. NOT_FOUND JOB_UNKNOWN. A finished job is left as it is.
  virtual void request_cancel(std::string job_id, absl::Time when, DoneWith<v1::Job> done) = 0;

  /// Ends the job's queued runs as timed_out, DEADLINE_PASSED: its start_within_s has passed. Otherwise like
  /// request_cancel, but the job is not marked.
  virtual void expire_job(std::string job_id, absl::Time when, DoneWith<v1::Job> done) = 0;

  /// With its runs. NOT_FOUND JOB_UNKNOWN.
  virtual absl::StatusOr<v1::Job> job(const std::string& job_id) const = 0;

  /// Newest first, without runs. `page_size` 0: 50; above 500: 500.
  /// INVALID_ARGUMENT PAGE_TOKEN_INVALID.
  virtual absl::StatusOr<JobPage> list_jobs(std::uint32_t page_size, const std::string& page_token) const = 0;

  /// With attempts and result. NOT_FOUND RUN_UNKNOWN.
  virtual absl::StatusOr<v1::Run> run(const std::string& run_id) const = 0;

  /// Newest first, with attempts and results; filters as in the request (model: name or digest).
  /// INVALID_ARGUMENT PAGE_TOKEN_INVALID.
  virtual absl::StatusOr<RunPage> list_runs(const v1::ListRunsRequest& request) const = 0;

  /// Every raw sample of a run's result, by session; empty when it has none. NOT_FOUND RUN_UNKNOWN.
  virtual absl::StatusOr<std::vector<v1::SessionSamples>> samples(const std::string& run_id) const = 0;

  /// When retention removed the run's samples; nullopt: it did not.
  virtual absl::StatusOr<std::optional<absl::Time>> samples_removed(const std::string& run_id) const = 0;

  /// What the instrument sent while a run's energy was measured. NOT_FOUND RUN_UNKNOWN, CAPTURE_MISSING,
  /// CAPTURE_REMOVED (by retention).
  virtual absl::StatusOr<Capture> capture(const std::string& run_id) const = 0;

  /// Jobs that have not finished, oldest first, without their runs: for the start of the daemon.
  virtual absl::StatusOr<std::vector<v1::Job>> unfinished_jobs() const = 0;

  /// Runs that have not finished, oldest first: for the start of the daemon.
  virtual absl::StatusOr<std::vector<ScheduledRun>> unfinished_runs() const = 0;

  // --- logs -----------------------------------------------------------------------------------------

  /// A line of a job that is not known is left out.
  virtual void append_log(v1::LogLine line, Done done) = 0;

  /// Of one job in order of their time of writing; at most the last 10,000. When retention removed them, a line that
  /// says so comes first. NOT_FOUND JOB_UNKNOWN.
  virtual absl::StatusOr<std::vector<v1::LogLine>> job_logs(const std::string& job_id) const = 0;

  // --- leaderboard ----------------------------------------------------------------------------------

  /// Groups whole and ranked, page by page; filters choose rows, ranks are those of the whole group.
  /// INVALID_ARGUMENT PAGE_TOKEN_INVALID.
  virtual absl::StatusOr<v1::QueryLeaderboardResponse> leaderboard(
      const v1::QueryLeaderboardRequest& request) const = 0;

  /// Computes the leaderboard anew from all results.
  virtual void rebuild_leaderboard(Done done) = 0;

  // --- boards ---------------------------------------------------------------------------------------

  /// What outlives the daemon of a board: health, its reason, counters, last seen, agent. A change of
  /// health is also appended to the board's log.
  virtual void save_board(v1::Board board, absl::Time when, Done done) = 0;

  virtual absl::StatusOr<std::vector<v1::Board>> load_boards() const = 0;

  /// Replaces the board's hold.
  virtual void save_hold(BoardHold hold, Done done) = 0;
  /// Fine when there is none.
  virtual void remove_hold(std::string board_id, Done done) = 0;
  virtual absl::StatusOr<std::vector<BoardHold>> holds() const = 0;

  /// The newest 10,000 lines of each board are kept.
  virtual void append_board_log(std::string board_id, v1::BoardLogLine line, Done done) = 0;
  /// The newest `limit` lines, oldest first.
  virtual absl::StatusOr<std::vector<v1::BoardLogLine>> board_log(const std::string& board_id,
                                                                  std::uint32_t limit) const = 0;

  /// The first one for its type, build and image is kept; a later one changes nothing.
  virtual void record_golden_latency(GoldenLatency latency, Done done) = 0;

  virtual void forget_golden_latencies(std::string board_type, Done done) = 0;

  virtual absl::StatusOr<std::vector<GoldenLatency>> golden_latencies() const = 0;

  // --- who may use the daemon -----------------------------------------------------------------------

  /// A new one, or what is known of one by now (but its use).
  virtual void save_token(StoredToken token, Done done) = 0;
  virtual void save_token_use(std::string token_id, absl::Time when, Done done) = 0;
  virtual absl::StatusOr<std::vector<StoredToken>> tokens() const = 0;

  /// The newest 1,000,000 lines are kept.
  virtual void append_audit(v1::AuditLine line, Done done) = 0;
  /// Newest first; of one subject, or (empty) of all.
  virtual absl::StatusOr<std::vector<v1::AuditLine>> audit_log(const std::string& subject,
                                                               std::uint32_t limit) const = 0;

  /// For how long the user's runs had boards, of attempts that ended that day (days since 1970, UTC).
  virtual absl::StatusOr<absl::Duration> board_time(const std::string& user, std::int64_t day) const = 0;
  virtual absl::StatusOr<std::uint32_t> unfinished_jobs_of(const std::string& owner) const = 0;

  // --- the store itself -----------------------------------------------------------------------------

  /// OK, or why nothing new may come in (submissions, uploads, runs for boards): RESOURCE_EXHAUSTED DISK_FULL, less
  /// room than is to be kept free; DATA_LOSS STORE_CORRUPT, damage was found. As of the last look; does not touch the
  /// disk. What is under way ends and is kept all the same.
  virtual absl::Status intake() const = 0;

  /// Looks how much room the disk has. Call every second.
  virtual void look_at_disk() = 0;

  /// Reads all of a database that was too large to be checked when it was opened; returns at once if it was not. Takes
  /// as long as reading it does, beside other work, and ends early when told to stop. storage() says what came of it.
  virtual absl::Status check(const std::stop_token& stop) = 0;

  /// One step of removing what is older than it is kept, and of giving space back to the disk: short, so that results
  /// need not wait for it. As long as there is more, call it again.
  virtual void retain(absl::Time now, DoneWith<RetentionStep> done) = 0;

  /// What fills the disk and what goes when, but uploads and results that wait.
  virtual absl::StatusOr<v1::GetStorageResponse> storage(absl::Time now) const = 0;

  /// Writes a consistent copy of everything to `file`, which must not be there, while work goes on; takes as long as
  /// copying it does. Gives what it is, without server_version. Nothing is left of one that fails.
  /// ABORTED BACKUP_ENDED (by the watch), RESOURCE_EXHAUSTED DISK_FULL, INTERNAL STORE_FAILED.
  virtual absl::StatusOr<v1::Backup> back_up(const std::filesystem::path& file, const BackupWatch& watch) const = 0;

  /// Number of the newest migration.
  virtual std::uint32_t schema_version() const = 0;
};

}  // namespace tinyrig::store
