#include "tests/bench/service/fast_day.h"

#include <grpcpp/client_context.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "server/daemon/storage_keeper.h"
#include "server/store/backup_folder.h"
#include "server/store/sqlite.h"
#include "tests/bench/service/pages.h"
#include "tests/bench/service/service.h"
#include "tests/bench/store/timing.h"
#include "tests/support/store/store_fixture.h"
#include "tinyrig/v1/admin.grpc.pb.h"
#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::bench {
namespace {

using namespace testing_support;

constexpr absl::Duration kStep = absl::Seconds(5);
constexpr int kStepsPerHour = 3600 / 5;
constexpr int kStepsPerMinute = 60 / 5;
constexpr int kStepsPerJob = 4;  // one in 20 s
constexpr int kStepsPerUnusedModel = 10 * kStepsPerMinute;
constexpr int kRunSteps = 8;
constexpr std::size_t kRecordingBytes = 100'000;  // of every fifth run
constexpr std::size_t kBackupsKept = 2;

const store::Retention kRetention = {.recordings_quota_bytes = kDayQuotaBytes,
                                     .keep_recordings = absl::InfiniteDuration(),
                                     .keep_samples = absl::Hours(3),
                                     .keep_logs = absl::Hours(2),
                                     .keep_unused_models = absl::Hours(1)};

absl::Status status_of(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

class Day {
 public:
  Day(const std::filesystem::path& folder, int pages)
      : folder_(folder), service_(std::make_unique<Service>(data(), clock_, kRetention, /*boards_per_type=*/3)) {
    service_->add_models();
    boards_ = service_->boards();
    const auto channel = service_->channel();
    jobs_ = v1::JobService::NewStub(channel);
    admin_ = v1::AdminService::NewStub(channel);
    keeper_ = std::make_unique<daemon::StorageKeeper>(service_->store(), clock_);
    pages_ = std::make_unique<Pages>(service_->http_port(), pages);
  }

  FastDay run(int hours) {
    const Stopwatch watch;
    for (int step = 0; step < hours * kStepsPerHour; ++step) {
      advance();
      if (step % kStepsPerJob == 0) submit();
      if (step % kStepsPerMinute == 0) {
        keeper_->look();
        // Events come faster than in a day of 24 hours: pages that fall behind would lose some, as they must.
        if (!pages_->wait_for(service_->last_sequence())) ++day_.page_events_lost;
      }
      if (step % kStepsPerUnusedModel == 0) put_unused_model();
      if ((step + 1) % kStepsPerHour == 0) end_hour();
    }
    while (service_->queue().queued_runs() > 0 || !busy_.empty()) advance();
    settle();
    report_removals();
    end();
    day_.seconds = watch.seconds();
    return std::move(day_);
  }

 private:
  struct Busy {
    jobs::Lease lease;
    int steps_left = kRunSteps;
  };

  std::filesystem::path data() const { return folder_ / "data"; }

  void advance() {
    clock_.advance(kStep);
    service_->queue().expire_jobs();
    for (const jobs::BoardView& board : boards_) {
      const auto busy = busy_.find(board.id);
      if (busy == busy_.end()) {
        if (auto lease = service_->queue().take(board)) busy_.emplace(board.id, Busy{*std::move(lease)});
      } else if (--busy->second.steps_left == 0) {
        end_run(busy->second.lease);
        busy_.erase(busy);
      }
    }
  }

  void submit() {
    v1::SubmitJobRequest request;
    request.mutable_spec()->add_models("m" + std::string(1, "0123456789abcdef"[day_.jobs % 16]));
    request.mutable_spec()->add_boards("type-" + std::string(1, "abc"[day_.jobs % 3]));
    request.set_idempotency_key("day-" + std::to_string(day_.jobs));
    grpc::ClientContext context;
    v1::SubmitJobResponse response;
    must(status_of(jobs_->SubmitJob(&context, request, &response)), "submitting");
    accepted_.insert(response.job().job_id());
    ++day_.jobs;
  }

  void end_run(const jobs::Lease& lease) {
    service_->queue().log(lease.job_id, lease.run_id, "", "info", "a line of a run");
    jobs::AttemptEnd end;
    const auto draw = static_cast<std::uint32_t>(random_());
    if (draw % 10 == 0 && lease.attempt == 1) {
      end.outcome = v1::OUTCOME_BOARD_ERROR;
      end.reason = "LINK_SILENT";
      ++day_.attempts_failed;
    } else {
      end.outcome = v1::OUTCOME_SUCCEEDED;
      end.result = test_result(100 + draw % 1'000);
      v1::SessionSamples& samples = end.samples.emplace_back();
      for (int i = 0; i < 300; ++i) samples.add_latency_ticks(1'000'000 + random_() % 100);
      if (draw % 5 == 0) end.capture = recording();
    }
    const bool last = end.outcome == v1::OUTCOME_SUCCEEDED;
    service_->queue().finish(lease.run_id, lease.attempt, std::move(end),
                             [this, last, job = lease.job_id](const absl::Status& saved) {
                               must(saved, "saving a result");
                               const std::lock_guard lock(mutex_);
                               if (last) finished_.insert(job);
                             });
  }

  std::shared_ptr<const store::PackedCapture> recording() {
    std::vector<std::uint8_t> noise(kRecordingBytes);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random_());
    return std::make_shared<store::PackedCapture>(store::pack_capture({}, noise));
  }

  void put_unused_model() { service_->add_model("unused-" + std::to_string(++unused_models_), clock_.now()); }

  // What was queued for the store before is done then, and what that queued.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      must(wait_for([&](store::Done done) { service_->store().append_log({}, std::move(done)); }), "settling");
    }
  }

  void end_hour() {
    back_up();
    const auto storage = service_->store().storage(clock_.now());
    must(storage.status(), "asking for storage");
    day_.most_recording_bytes = std::max(day_.most_recording_bytes, storage->kinds(0).size_bytes());
    day_.use.push_back(use_of(getpid()));
    const ProcessUse& use = day_.use.back();
    std::printf(
        "hour %2zu: %5llu jobs, %4llu recordings of %4.1f MB kept, database %5.1f MB, log %4.1f MB, memory %5.1f MiB, "
        "%zu "
        "descriptors\n",
        day_.use.size(), static_cast<unsigned long long>(day_.jobs),
        static_cast<unsigned long long>(storage->kinds(0).count()),
        static_cast<double>(storage->kinds(0).size_bytes()) / 1e6, static_cast<double>(storage->database_bytes()) / 1e6,
        static_cast<double>(storage->log_bytes()) / 1e6, use.resident_kib / 1024, use.descriptors);
    std::fflush(stdout);
  }

  // As `tinyrig admin backup` does; then all of it is looked at.
  void back_up() {
    std::set<std::string> before;
    {
      const std::lock_guard lock(mutex_);
      before = finished_;
    }
    const std::filesystem::path folder = folder_ / ("backup-" + std::to_string(++day_.backups));
    std::filesystem::create_directories(folder);
    grpc::ClientContext context;
    const auto reader = admin_->ExportBackup(&context, v1::ExportBackupRequest());
    v1::Backup backup;
    {
      std::ofstream file(folder / store::kBackupDatabase, std::ios::binary);
      v1::ExportBackupResponse part;
      while (reader->Read(&part)) {
        if (part.has_backup()) backup = part.backup();
        file << part.data();
        advance_a_little();
      }
    }
    must(status_of(reader->Finish()), "backing up");
    must(store::describe_backup(folder, backup), "describing a backup");
    must(store::verify_backup(folder).status(), "verifying a backup");
    day_.lost_in_backups += missing_in(folder / store::kBackupDatabase, before);
    kept_backups_.push_back(folder);
    if (kept_backups_.size() > kBackupsKept) {
      std::filesystem::remove_all(kept_backups_.front());
      kept_backups_.erase(kept_backups_.begin());
    }
  }

  // Work goes on while a backup is read.
  void advance_a_little() {
    if (random_() % 4 == 0) advance();
  }

  // Jobs that have no result there.
  static std::uint64_t missing_in(const std::filesystem::path& file, const std::set<std::string>& jobs) {
    auto database = store::Connection::open(file, SQLITE_OPEN_READONLY);
    must(database.status(), "opening a backup");
    std::set<std::string> there;
    store::Statement rows = (*database)->query(
        "SELECT jobs.job_id FROM jobs JOIN runs ON runs.job_number = jobs.number "
        "JOIN results ON results.run_number = runs.number WHERE jobs.outcome = 'succeeded'");
    while (rows.next()) there.insert(rows.bytes(0));
    must(rows.status(), "reading a backup");
    std::uint64_t missing = 0;
    for (const std::string& job : jobs) missing += there.contains(job) ? 0 : 1;
    return missing;
  }

  void report_removals() {
    const auto storage = service_->store().storage(clock_.now());
    must(storage.status(), "asking for storage");
    for (const v1::StoredKind& kind : storage->kinds()) {
      if (kind.kind() == v1::STORAGE_KIND_RECORDINGS) day_.recordings_removed = kind.removed_count();
      if (kind.kind() == v1::STORAGE_KIND_SAMPLES) day_.samples_removed = kind.removed_count();
      if (kind.kind() == v1::STORAGE_KIND_JOB_LOGS) day_.logs_removed = kind.removed_count();
      if (kind.kind() == v1::STORAGE_KIND_UNUSED_MODELS) day_.models_removed = kind.removed_count();
    }
  }

  // Ends the service and counts, from its file, what it must not have lost.
  void end() {
    if (!pages_->wait_for(service_->last_sequence())) ++day_.page_events_lost;
    keeper_.reset();
    jobs_.reset();
    admin_.reset();
    service_.reset();
    day_.page_events = pages_->events();
    day_.page_events_lost += pages_->lost();
    pages_.reset();
    day_.lost_jobs = missing_in(data() / store::kBackupDatabase, accepted_);
  }

  const std::filesystem::path folder_;
  ManualClock clock_{kTestTime};
  std::unique_ptr<Service> service_;
  std::vector<jobs::BoardView> boards_;
  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::unique_ptr<daemon::StorageKeeper> keeper_;
  std::unique_ptr<Pages> pages_;
  std::map<std::string, Busy> busy_;
  std::set<std::string> accepted_;
  std::mutex mutex_;
  std::set<std::string> finished_;  // guarded by mutex_
  std::vector<std::filesystem::path> kept_backups_;
  std::uint64_t unused_models_ = 0;
  std::mt19937 random_{1};
  FastDay day_;
};

}  // namespace

FastDay run_fast_day(const std::filesystem::path& folder, int hours, int pages) {
  return Day(folder, pages).run(hours);
}

}  // namespace tinyrig::bench
