// What tests of the store and of what stands on it share: a folder that goes away, writes that are waited
// for, and messages that are valid.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "server/store/columns.h"
#include "server/store/sqlite_store.h"
#include "server/store/store.h"

namespace tinyrig::testing_support {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-store-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + pattern);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Starts a write with `start(done)` and waits for its answer.
template <typename Start>
absl::Status wait_for(Start start) {
  auto answer = std::make_shared<std::promise<absl::Status>>();
  auto future = answer->get_future();
  start(store::Done([answer](absl::Status status) { answer->set_value(std::move(status)); }));
  return future.get();
}

template <typename T, typename Start>
absl::StatusOr<T> wait_for_answer(Start start) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<T>>>();
  auto future = answer->get_future();
  start(store::DoneWith<T>([answer](absl::StatusOr<T> value) { answer->set_value(std::move(value)); }));
  return future.get();
}

inline const absl::Time kTestTime = absl::FromUnixSeconds(1'700'000'000);

inline v1::Model test_model(const std::string& name, char digit = 'a') {
  v1::Model model;
  model.set_name(name);
  model.set_sha256(std::string(64, digit));
  model.set_size_bytes(5);
  model.set_macs(2'656'768);
  model.add_operators()->set_kind("CONV_2D");
  *model.mutable_create_time() = store::timestamp_of(kTestTime);
  return model;
}

inline store::ScheduledRun test_run(const std::string& run_id, const std::string& board_type,
                                    const v1::Model& model = test_model("kws")) {
  store::ScheduledRun scheduled;
  scheduled.run.mutable_summary()->set_run_id(run_id);
  scheduled.run.mutable_summary()->set_model_name(model.name());
  scheduled.run.mutable_summary()->set_board_type(board_type);
  scheduled.run.mutable_summary()->set_runtime("tinyrig");
  scheduled.run.mutable_summary()->set_state(v1::RUN_STATE_QUEUED);
  scheduled.run.set_model_sha256(model.sha256());
  return scheduled;
}

inline store::NewJob test_job(const std::string& job_id, std::vector<store::ScheduledRun> runs,
                              const std::string& key = "", const std::string& digest = "digest") {
  store::NewJob job;
  job.job.set_job_id(job_id);
  job.job.mutable_spec()->add_models("kws");
  job.job.mutable_spec()->add_measurements(v1::MEASUREMENT_LATENCY);
  job.job.mutable_spec()->mutable_settings()->set_sessions(3);
  job.job.mutable_spec()->mutable_settings()->set_input_seed(1);
  *job.job.mutable_create_time() = store::timestamp_of(kTestTime);
  job.idempotency_key = key;
  job.spec_digest = digest;
  job.runs = std::move(runs);
  return job;
}

inline v1::Attempt test_attempt(std::uint32_t number, const std::string& board_id) {
  v1::Attempt attempt;
  attempt.set_number(number);
  attempt.set_board_id(board_id);
  *attempt.mutable_start_time() = store::timestamp_of(kTestTime + absl::Seconds(number));
  return attempt;
}

/// A valid result of `median` instructions, of three equal sessions.
inline v1::RunResult test_result(double median) {
  v1::RunResult result;
  result.set_validity(v1::VALIDITY_VALID);
  v1::RunProvenance& provenance = *result.mutable_provenance();
  provenance.set_emulated(true);
  provenance.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  provenance.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  provenance.mutable_board_type()->set_core("cortex-m4");
  v1::LatencyResult& latency = *result.mutable_latency();
  latency.set_count(30);
  latency.set_sessions(3);
  latency.set_median_ticks(median);
  latency.mutable_median_interval_ticks()->set_known(true);
  latency.mutable_median_interval_ticks()->set_low(median);
  latency.mutable_median_interval_ticks()->set_high(median);
  return result;
}

inline v1::SessionSamples test_samples(std::uint32_t session, std::initializer_list<std::uint64_t> ticks) {
  v1::SessionSamples samples;
  samples.set_session(session);
  for (const std::uint64_t tick : ticks) samples.add_latency_ticks(tick);
  return samples;
}

inline store::AttemptEnd success_end(const std::string& run_id, const v1::Attempt& begun, double median) {
  store::AttemptEnd end;
  end.run_id = run_id;
  end.attempt = begun;
  *end.attempt.mutable_finish_time() = store::timestamp_of(kTestTime + absl::Seconds(60));
  end.attempt.set_outcome(v1::OUTCOME_SUCCEEDED);
  end.run_outcome = v1::OUTCOME_SUCCEEDED;
  end.result = test_result(median);
  end.samples = {test_samples(0, {1, 2, 3}), test_samples(1, {4, 5, 6})};
  return end;
}

inline store::AttemptEnd failure_end(const std::string& run_id, const v1::Attempt& begun, bool requeue) {
  store::AttemptEnd end;
  end.run_id = run_id;
  end.attempt = begun;
  *end.attempt.mutable_finish_time() = store::timestamp_of(kTestTime + absl::Seconds(60));
  end.attempt.set_outcome(v1::OUTCOME_BOARD_ERROR);
  end.attempt.set_reason("LINK_SILENT");
  end.attempt.set_message("board did not answer");
  end.counts_as_failure = true;
  end.requeue = requeue;
  if (!requeue) {
    end.run_outcome = v1::OUTCOME_BOARD_ERROR;
    end.run_reason = "LINK_SILENT";
    end.run_message = "board did not answer";
  }
  return end;
}

}  // namespace tinyrig::testing_support
