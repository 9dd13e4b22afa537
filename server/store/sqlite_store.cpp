#include "server/store/sqlite_store.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/access_table.h"
#include "server/store/board_log_table.h"
#include "server/store/board_table.h"
#include "server/store/capture_table.h"
#include "server/store/columns.h"
#include "server/store/directory_lock.h"
#include "server/store/golden_table.h"
#include "server/store/group_writer.h"
#include "server/store/hold_table.h"
#include "server/store/integrity.h"
#include "server/store/job_table.h"
#include "server/store/leaderboard_table.h"
#include "server/store/log_table.h"
#include "server/store/model_table.h"
#include "server/store/reader_pool.h"
#include "server/store/retention_steps.h"
#include "server/store/run_end.h"
#include "server/store/run_table.h"
#include "server/store/schema.h"
#include "server/store/snapshot_copy.h"
#include "server/store/storage_report.h"

namespace tinyrig::store {
namespace {

// Copying a database of so many bytes is quick.
constexpr std::uintmax_t kMaxCopiedBytes = 64u << 20;

class SqliteStore final : public Store {
 public:
  /// `checked`: all of it was, as it was opened.
  SqliteStore(DirectoryLock lock, std::unique_ptr<Connection> writer, std::filesystem::path file, bool checked,
              const SqliteStoreOptions& options)
      : lock_(std::move(lock)),
        file_(std::move(file)),
        retention_(options.retention),
        spare_{options.spare_bytes},
        disk_(options.disk),
        free_bytes_(options.free_bytes ? options.free_bytes : free_bytes_of(file_.parent_path())),
        readers_(file_),
        writer_(std::move(writer), options.max_waiting_writes, options.observers) {
    check_.set_state(checked ? v1::CHECK_STATE_SOUND : v1::CHECK_STATE_WAITING);
    if (checked) *check_.mutable_time() = timestamp_of(absl::Now());
    look_at_disk();
  }

  void put_model(v1::Model model, std::string bytes, DoneWith<PutModelResult> done) override {
    write<PutModelResult>([model = std::move(model), bytes = std::move(bytes)](
                              Connection& database) { return store::put_model(database, model, bytes); },
                          std::move(done));
  }
  absl::StatusOr<v1::Model> find_model(const std::string& name_or_digest) const override {
    return read([&](Connection& database) { return store::find_model(database, name_or_digest); });
  }
  absl::StatusOr<std::vector<v1::Model>> list_models() const override {
    return read([](Connection& database) { return store::list_models(database); });
  }
  absl::StatusOr<std::string> model_bytes(const std::string& sha256) const override {
    return read([&](Connection& database) { return store::model_bytes(database, sha256); });
  }

  void accept_job(NewJob job, DoneWith<AcceptedJob> done) override {
    write<AcceptedJob>([job = std::move(job)](Connection& database) { return store::accept_job(database, job); },
                       std::move(done));
  }
  absl::StatusOr<std::optional<Submission>> find_submission(const std::string& idempotency_key) const override {
    return read([&](Connection& database) { return store::find_submission(database, idempotency_key); });
  }
  void begin_attempt(std::string run_id, v1::Attempt attempt, Done done) override {
    writer_.submit([run_id = std::move(run_id), attempt = std::move(attempt)](
                       Connection& database) { return store::begin_attempt(database, run_id, attempt); },
                   std::move(done));
  }
  void set_run_state(std::string run_id, std::uint32_t attempt_number, v1::RunState state, Done done) override {
    writer_.submit([run_id = std::move(run_id), attempt_number, state](
                       Connection& database) { return store::set_run_state(database, run_id, attempt_number, state); },
                   std::move(done));
  }
  void end_attempt(AttemptEnd end, DoneWith<AttemptEndResult> done) override {
    // Few recordings share a commit: what one commit writes at most lies in the write-ahead log.
    const std::size_t weight = end.capture == nullptr ? 0 : end.capture->frame.size();
    write<AttemptEndResult>(
        [this, end = std::move(end)](Connection& database) -> absl::StatusOr<AttemptEndResult> {
          if (end.capture == nullptr) return store::end_attempt(database, end, retention_);
          TINYRIG_ASSIGN_OR_RETURN(const Retention possible,
                                   retention_for_disk(database, retention_, free_bytes_(), disk_));
          return store::end_attempt(database, end, possible);
        },
        std::move(done), weight);
  }
  void request_cancel(std::string job_id, absl::Time when, DoneWith<v1::Job> done) override {
    write<v1::Job>([job_id = std::move(job_id),
                    when](Connection& database) { return store::request_cancel(database, job_id, when); },
                   std::move(done));
  }
  void expire_job(std::string job_id, absl::Time when, DoneWith<v1::Job> done) override {
    write<v1::Job>(
        [job_id = std::move(job_id), when](Connection& database) { return store::expire_job(database, job_id, when); },
        std::move(done));
  }
  absl::StatusOr<v1::Job> job(const std::string& job_id) const override {
    return read([&](Connection& database) { return read_job_with_runs(database, job_id); });
  }
  absl::StatusOr<JobPage> list_jobs(std::uint32_t page_size, const std::string& page_token) const override {
    return read([&](Connection& database) { return store::list_jobs(database, page_size, page_token); });
  }
  absl::StatusOr<v1::Run> run(const std::string& run_id) const override {
    return read([&](Connection& database) -> absl::StatusOr<v1::Run> {
      TINYRIG_ASSIGN_OR_RETURN(const std::int64_t run_number, find_run_number(database, run_id));
      return read_run(database, run_number, /*with_result=*/true);
    });
  }
  absl::StatusOr<RunPage> list_runs(const v1::ListRunsRequest& request) const override {
    return read([&](Connection& database) { return store::list_runs(database, request); });
  }
  absl::StatusOr<std::vector<v1::SessionSamples>> samples(const std::string& run_id) const override {
    return read([&](Connection& database) { return read_samples(database, run_id); });
  }
  absl::StatusOr<std::optional<absl::Time>> samples_removed(const std::string& run_id) const override {
    return read([&](Connection& database) { return removal_time(database, kSamples, run_id); });
  }
  absl::StatusOr<Capture> capture(const std::string& run_id) const override {
    return read([&](Connection& database) { return read_capture(database, run_id); });
  }
  absl::StatusOr<std::vector<v1::Job>> unfinished_jobs() const override {
    return read([](Connection& database) { return store::unfinished_jobs(database); });
  }
  absl::StatusOr<std::vector<ScheduledRun>> unfinished_runs() const override {
    return read([](Connection& database) { return store::unfinished_runs(database); });
  }

  void append_log(v1::LogLine line, Done done) override {
    writer_.submit([line = std::move(line)](Connection& database) { return store::append_log(database, line); },
                   std::move(done));
  }
  absl::StatusOr<std::vector<v1::LogLine>> job_logs(const std::string& job_id) const override {
    return read([&](Connection& database) { return store::job_logs(database, job_id); });
  }

  absl::StatusOr<v1::QueryLeaderboardResponse> leaderboard(const v1::QueryLeaderboardRequest& request) const override {
    return read([&](Connection& database) { return query_leaderboard(database, request); });
  }
  void rebuild_leaderboard(Done done) override {
    writer_.submit([](Connection& database) { return store::rebuild_leaderboard(database); }, std::move(done));
  }

  void save_board(v1::Board board, absl::Time when, Done done) override {
    writer_.submit(
        [board = std::move(board), when](Connection& database) { return store::save_board(database, board, when); },
        std::move(done));
  }
  absl::StatusOr<std::vector<v1::Board>> load_boards() const override {
    return read([](Connection& database) { return store::load_boards(database); });
  }

  void save_hold(BoardHold hold, Done done) override {
    writer_.submit([hold = std::move(hold)](Connection& database) { return store::save_hold(database, hold); },
                   std::move(done));
  }
  void remove_hold(std::string board_id, Done done) override {
    writer_.submit(
        [board_id = std::move(board_id)](Connection& database) { return store::remove_hold(database, board_id); },
        std::move(done));
  }
  absl::StatusOr<std::vector<BoardHold>> holds() const override {
    return read([](Connection& database) { return store::load_holds(database); });
  }
  void append_board_log(std::string board_id, v1::BoardLogLine line, Done done) override {
    writer_.submit([board_id = std::move(board_id), line = std::move(line)](
                       Connection& database) { return store::append_board_log(database, board_id, line); },
                   std::move(done));
  }
  absl::StatusOr<std::vector<v1::BoardLogLine>> board_log(const std::string& board_id,
                                                          std::uint32_t limit) const override {
    return read([&](Connection& database) { return store::board_log(database, board_id, limit); });
  }

  void record_golden_latency(GoldenLatency latency, Done done) override {
    writer_.submit([latency = std::move(latency)](
                       Connection& database) { return store::record_golden_latency(database, latency); },
                   std::move(done));
  }
  void forget_golden_latencies(std::string board_type, Done done) override {
    writer_.submit([board_type = std::move(board_type)](
                       Connection& database) { return store::forget_golden_latencies(database, board_type); },
                   std::move(done));
  }
  absl::StatusOr<std::vector<GoldenLatency>> golden_latencies() const override {
    return read([](Connection& database) { return store::golden_latencies(database); });
  }

  void save_token(StoredToken token, Done done) override {
    writer_.submit([token = std::move(token)](Connection& database) { return store::save_token(database, token); },
                   std::move(done));
  }
  void save_token_use(std::string token_id, absl::Time when, Done done) override {
    writer_.submit([token_id = std::move(token_id),
                    when](Connection& database) { return store::save_token_use(database, token_id, when); },
                   std::move(done));
  }
  absl::StatusOr<std::vector<StoredToken>> tokens() const override {
    return read([](Connection& database) { return store::load_tokens(database); });
  }
  void append_audit(v1::AuditLine line, Done done) override {
    writer_.submit([line = std::move(line)](Connection& database) { return store::append_audit(database, line); },
                   std::move(done));
  }
  absl::StatusOr<std::vector<v1::AuditLine>> audit_log(const std::string& subject, std::uint32_t limit) const override {
    return read([&](Connection& database) { return store::read_audit_log(database, subject, limit); });
  }
  absl::StatusOr<absl::Duration> board_time(const std::string& user, std::int64_t day) const override {
    return read([&](Connection& database) { return store::read_board_time(database, user, day); });
  }
  absl::StatusOr<std::uint32_t> unfinished_jobs_of(const std::string& owner) const override {
    return read([&](Connection& database) { return store::count_unfinished_jobs(database, owner); });
  }

  void retain(absl::Time now, DoneWith<RetentionStep> done) override {
    struct Answer {
      RetentionStep step;
      RetentionCursor cursor;
    };
    // The cursor belongs to the writer thread; a write that runs twice begins twice at the same place.
    write<Answer>(
        [this, now](Connection& database) -> absl::StatusOr<Answer> {
          Answer answer{{}, cursor_};
          TINYRIG_ASSIGN_OR_RETURN(const Retention possible,
                                   retention_for_disk(database, retention_, free_bytes_(), disk_));
          // Others may need what is spare.
          const SparePages spare = intake().ok() ? spare_ : SparePages{0};
          TINYRIG_ASSIGN_OR_RETURN(answer.step, store::retain(database, possible, spare, now, &answer.cursor));
          return answer;
        },
        [this, done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
          if (answer.ok()) {
            cursor_ = answer->cursor;
            shrunk_ = shrunk_ || answer->step.returned_bytes > 0;
            if (shrunk_ && !answer->step.more) shorten_file();
          }
          if (!done) return;
          if (answer.ok()) {
            done(answer->step);
          } else {
            done(answer.status());
          }
        });
  }
  absl::StatusOr<v1::GetStorageResponse> storage(absl::Time now) const override {
    absl::StatusOr<v1::GetStorageResponse> report =
        read([&](Connection& database) { return report_storage(database, file_, retention_, now); });
    const std::lock_guard lock(state_mutex_);
    if (!report.ok()) {
      if (damage_.ok()) return report.status();
      // It cannot be measured; that it is damaged is what matters now.
      report.emplace();
      *report->mutable_time() = timestamp_of(now);
    }
    report->set_keep_free_bytes(disk_.keep_free_bytes);
    *report->mutable_check() = check_;
    return report;
  }

  absl::Status intake() const override {
    const std::lock_guard lock(state_mutex_);
    return damage_.ok() ? room_ : damage_;
  }
  void look_at_disk() override {
    absl::Status room = check_intake(free_bytes_(), disk_);
    const std::lock_guard lock(state_mutex_);
    room_ = std::move(room);
  }
  absl::Status check(const std::stop_token& stop) override {
    {
      const std::lock_guard lock(state_mutex_);
      if (check_.state() == v1::CHECK_STATE_SOUND) return absl::OkStatus();
      check_.set_state(v1::CHECK_STATE_RUNNING);
      *check_.mutable_time() = timestamp_of(absl::Now());
    }
    absl::Status checked = check_tables(file_, stop);
    const std::lock_guard lock(state_mutex_);
    *check_.mutable_time() = timestamp_of(absl::Now());
    check_.set_found(std::string(checked.message()));
    if (checked.ok()) {
      check_.set_state(v1::CHECK_STATE_SOUND);
    } else if (absl::IsDataLoss(checked)) {
      check_.set_state(v1::CHECK_STATE_DAMAGED);
      damage_ = checked;
    } else {
      check_.set_state(v1::CHECK_STATE_WAITING);
    }
    return checked;
  }
  absl::StatusOr<v1::Backup> back_up(const std::filesystem::path& file, const BackupWatch& watch) const override {
    return copy_snapshot(file_, file, watch);
  }

  std::uint32_t schema_version() const override { return newest_schema_version(); }

 private:
  // A write whose answer is more than a status.
  template <typename T, typename Operation>
  void write(Operation operation, DoneWith<T> done, std::size_t weight = 0) {
    auto answer = std::make_shared<std::optional<T>>();
    writer_.submit(
        [operation = std::move(operation), answer](Connection& database) -> absl::Status {
          absl::StatusOr<T> result = operation(database);
          if (!result.ok()) return result.status();
          *answer = *std::move(result);
          return absl::OkStatus();
        },
        [done = std::move(done), answer](absl::Status status) mutable {
          if (!done) return;
          if (status.ok()) {
            done(**std::move(answer));
          } else {
            done(std::move(status));
          }
        },
        weight);
  }

  template <typename Operation>
  auto read(Operation operation) const -> decltype(operation(std::declval<Connection&>())) {
    auto snapshot = readers_.snapshot();
    if (!snapshot.ok()) return snapshot.status();
    return operation(**snapshot);
  }

  // What was given back is cut off the file when the log is played into it, which may be long until then.
  void shorten_file() {
    shrunk_ = false;
    const auto connection = Connection::open(file_, SQLITE_OPEN_READWRITE);
    if (connection.ok()) (void)(*connection)->run_script("PRAGMA wal_checkpoint(PASSIVE)");
  }

  const DirectoryLock lock_;
  const std::filesystem::path file_;
  const Retention retention_;
  const SparePages spare_;
  const DiskLimit disk_;
  const FreeBytes free_bytes_;
  mutable std::mutex state_mutex_;
  absl::Status room_;        // guarded by state_mutex_
  absl::Status damage_;      // guarded by state_mutex_
  v1::DatabaseCheck check_;  // guarded by state_mutex_
  // Of the writer thread.
  RetentionCursor cursor_;
  bool shrunk_ = false;
  mutable ReaderPool readers_;
  GroupWriter writer_;  // last: its end still completes writes
};

absl::Status make_folder(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (!error) return absl::OkStatus();
  const bool denied = error == std::errc::permission_denied || error == std::errc::read_only_file_system;
  return make_error(denied ? absl::StatusCode::kPermissionDenied : absl::StatusCode::kInternal, "STORE_FAILED",
                    "making the data folder " + dir.string() + ": " + error.message(),
                    "Start the daemon with a data folder that its user may create and write.");
}

absl::Status configure_writer(Connection& database, const SqliteStoreOptions& options) {
  // auto_vacuum before anything is written: it holds for a database that is made now. An older one keeps what it has:
  // changing it copies the whole file (see make_returnable).
  TINYRIG_RETURN_IF_ERROR(database.run_script(
      "PRAGMA busy_timeout = 2000; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = "
      "FULL; "
      "PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY"));
  if (options.max_database_bytes == 0) return absl::OkStatus();
  Statement statement = database.query("PRAGMA page_size");
  const std::uint64_t page_bytes = statement.next() ? static_cast<std::uint64_t>(statement.integer(0)) : 4096;
  return database.run_script("PRAGMA max_page_count = " +
                             std::to_string(std::max<std::uint64_t>(options.max_database_bytes / page_bytes, 1)));
}

// Lets a database of an older version give free space back, where copying it is quick and there is room for it. It
// works without as well: free space is then used again and stays in the file.
void make_returnable(Connection& database, const std::filesystem::path& file) {
  {
    Statement mode = database.query("PRAGMA auto_vacuum");
    if (!mode.next() || mode.integer(0) == 2) return;
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error || size > kMaxCopiedBytes) return;
  const std::filesystem::space_info space = std::filesystem::space(file, error);
  if (error || space.available / 3 < size) return;
  (void)database.run_script("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& dir,
                                                         const SqliteStoreOptions& options) {
  TINYRIG_RETURN_IF_ERROR(make_folder(dir));
  TINYRIG_ASSIGN_OR_RETURN(DirectoryLock lock, DirectoryLock::acquire(dir));
  const std::filesystem::path file = dir / "tinyrig.db";
  TINYRIG_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer,
                           Connection::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  TINYRIG_RETURN_IF_ERROR(configure_writer(*writer, options));
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  const bool checked = !error && size <= options.check_at_start_bytes;
  // Damage shows here rather than in the middle of a job, as long as looking is quick.
  if (checked) TINYRIG_RETURN_IF_ERROR(check_database(*writer, file));
  TINYRIG_RETURN_IF_ERROR(migrate(*writer, absl::Now()));
  make_returnable(*writer, file);
  return std::make_unique<SqliteStore>(std::move(lock), std::move(writer), file, checked, options);
}

}  // namespace tinyrig::store
