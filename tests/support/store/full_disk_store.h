// A store whose disk can be said to be full: while it is, every write fails as a full disk's would, on the
// writer thread, and nothing of it is kept; or to refuse results. Everything else is the real store beneath.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/store/store.h"

namespace tinyrig::testing_support {

class FullDiskStore final : public store::Store {
 public:
  explicit FullDiskStore(store::Store& real) : real_(real) {}

  void set_full(bool full) { full_ = full; }
  /// Ends that carry a result fail as if the engine could not hold it.
  void set_refuse_results(bool refuse) { refuse_results_ = refuse; }

  void put_model(v1::Model model, std::string bytes, store::DoneWith<store::PutModelResult> done) override {
    if (full_) return refuse(std::move(done));
    real_.put_model(std::move(model), std::move(bytes), std::move(done));
  }
  void accept_job(store::NewJob job, store::DoneWith<store::AcceptedJob> done) override {
    if (full_) return refuse(std::move(done));
    real_.accept_job(std::move(job), std::move(done));
  }
  void begin_attempt(std::string run_id, v1::Attempt attempt, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.begin_attempt(std::move(run_id), std::move(attempt), std::move(done));
  }
  void set_run_state(std::string run_id, std::uint32_t number, v1::RunState state, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.set_run_state(std::move(run_id), number, state, std::move(done));
  }
  void end_attempt(store::AttemptEnd end, store::DoneWith<store::AttemptEndResult> done) override {
    if (full_) return refuse(std::move(done));
    if (refuse_results_ && end.result.has_value()) {
      return refuse(std::move(done), absl::StatusCode::kInternal, "STORE_FAILED");
    }
    real_.end_attempt(std::move(end), std::move(done));
  }
  void request_cancel(std::string job_id, absl::Time when, store::DoneWith<v1::Job> done) override {
    if (full_) return refuse(std::move(done));
    real_.request_cancel(std::move(job_id), when, std::move(done));
  }
  void expire_job(std::string job_id, absl::Time when, store::DoneWith<v1::Job> done) override {
    if (full_) return refuse(std::move(done));
    real_.expire_job(std::move(job_id), when, std::move(done));
  }
  void append_log(v1::LogLine line, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.append_log(std::move(line), std::move(done));
  }
  void save_token(store::StoredToken token, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.save_token(std::move(token), std::move(done));
  }
  void save_token_use(std::string token_id, absl::Time when, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.save_token_use(std::move(token_id), when, std::move(done));
  }
  void append_audit(v1::AuditLine line, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.append_audit(std::move(line), std::move(done));
  }
  void rebuild_leaderboard(store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.rebuild_leaderboard(std::move(done));
  }
  void save_board(v1::Board board, absl::Time when, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.save_board(std::move(board), when, std::move(done));
  }
  void save_hold(store::BoardHold hold, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.save_hold(std::move(hold), std::move(done));
  }
  void remove_hold(std::string board_id, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.remove_hold(std::move(board_id), std::move(done));
  }
  void append_board_log(std::string board_id, v1::BoardLogLine line, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.append_board_log(std::move(board_id), std::move(line), std::move(done));
  }
  void record_golden_latency(store::GoldenLatency latency, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.record_golden_latency(std::move(latency), std::move(done));
  }
  void forget_golden_latencies(std::string board_type, store::Done done) override {
    if (full_) return refuse(std::move(done));
    real_.forget_golden_latencies(std::move(board_type), std::move(done));
  }

  absl::StatusOr<std::vector<store::StoredToken>> tokens() const override { return real_.tokens(); }
  absl::StatusOr<std::vector<v1::AuditLine>> audit_log(const std::string& subject, std::uint32_t limit) const override {
    return real_.audit_log(subject, limit);
  }
  absl::StatusOr<absl::Duration> board_time(const std::string& user, std::int64_t day) const override {
    return real_.board_time(user, day);
  }
  absl::StatusOr<std::uint32_t> unfinished_jobs_of(const std::string& owner) const override {
    return real_.unfinished_jobs_of(owner);
  }
  absl::StatusOr<v1::Model> find_model(const std::string& name) const override { return real_.find_model(name); }
  absl::StatusOr<std::vector<v1::Model>> list_models() const override { return real_.list_models(); }
  absl::StatusOr<std::string> model_bytes(const std::string& sha256) const override {
    return real_.model_bytes(sha256);
  }
  absl::StatusOr<std::optional<store::Submission>> find_submission(const std::string& key) const override {
    return real_.find_submission(key);
  }
  absl::StatusOr<v1::Job> job(const std::string& job_id) const override { return real_.job(job_id); }
  absl::StatusOr<store::JobPage> list_jobs(std::uint32_t size, const std::string& token) const override {
    return real_.list_jobs(size, token);
  }
  absl::StatusOr<v1::Run> run(const std::string& run_id) const override { return real_.run(run_id); }
  absl::StatusOr<store::RunPage> list_runs(const v1::ListRunsRequest& request) const override {
    return real_.list_runs(request);
  }
  absl::StatusOr<std::vector<v1::SessionSamples>> samples(const std::string& run_id) const override {
    return real_.samples(run_id);
  }
  absl::StatusOr<store::Capture> capture(const std::string& run_id) const override { return real_.capture(run_id); }
  absl::StatusOr<std::vector<v1::Job>> unfinished_jobs() const override { return real_.unfinished_jobs(); }
  absl::StatusOr<std::vector<store::ScheduledRun>> unfinished_runs() const override { return real_.unfinished_runs(); }
  absl::StatusOr<std::vector<v1::LogLine>> job_logs(const std::string& job_id) const override {
    return real_.job_logs(job_id);
  }
  absl::StatusOr<v1::QueryLeaderboardResponse> leaderboard(const v1::QueryLeaderboardRequest& request) const override {
    return real_.leaderboard(request);
  }
  absl::StatusOr<std::vector<v1::Board>> load_boards() const override { return real_.load_boards(); }
  absl::StatusOr<std::vector<store::BoardHold>> holds() const override { return real_.holds(); }
  absl::StatusOr<std::vector<v1::BoardLogLine>> board_log(const std::string& board_id,
                                                          std::uint32_t limit) const override {
    return real_.board_log(board_id, limit);
  }
  absl::StatusOr<std::vector<store::GoldenLatency>> golden_latencies() const override {
    return real_.golden_latencies();
  }
  absl::StatusOr<std::optional<absl::Time>> samples_removed(const std::string& run_id) const override {
    return real_.samples_removed(run_id);
  }
  absl::Status intake() const override { return real_.intake(); }
  void look_at_disk() override { real_.look_at_disk(); }
  absl::Status check(const std::stop_token& stop) override { return real_.check(stop); }
  void retain(absl::Time now, store::DoneWith<store::RetentionStep> done) override {
    if (full_) return refuse(std::move(done));
    real_.retain(now, std::move(done));
  }
  absl::StatusOr<v1::GetStorageResponse> storage(absl::Time now) const override { return real_.storage(now); }
  absl::StatusOr<v1::Backup> back_up(const std::filesystem::path& file,
                                     const store::BackupWatch& watch) const override {
    return real_.back_up(file, watch);
  }
  std::uint32_t schema_version() const override { return real_.schema_version(); }

 private:
  template <typename Completion>
  void refuse(Completion done, absl::StatusCode code = absl::StatusCode::kResourceExhausted,
              std::string reason = "DISK_FULL") {
    // An empty write of the real store brings the answer to its writer thread.
    real_.append_log({}, [done = std::move(done), code, reason = std::move(reason)](const absl::Status&) mutable {
      if (done) done(make_error(code, reason, "refused by the test"));
    });
  }

  store::Store& real_;
  std::atomic<bool> full_ = false;
  std::atomic<bool> refuse_results_ = false;
};

}  // namespace tinyrig::testing_support
