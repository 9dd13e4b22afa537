// Tables runs, attempts and samples. Each function runs inside its caller's transaction. How an attempt
// ends is in run_end.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::store {

absl::Status insert_run(Connection& database, std::int64_t job_number, const ScheduledRun& run,
                        std::int64_t create_time_us);

absl::Status begin_attempt(Connection& database, const std::string& run_id, const v1::Attempt& attempt);
absl::Status set_run_state(Connection& database, const std::string& run_id, std::uint32_t attempt_number,
                           v1::RunState state);

/// Primary key of a run. NOT_FOUND RUN_UNKNOWN.
absl::StatusOr<std::int64_t> find_run_number(Connection& database, const std::string& run_id);

/// Summary, settings and attempts; with its result when asked for.
absl::StatusOr<v1::Run> read_run(Connection& database, std::int64_t run_number, bool with_result);
absl::StatusOr<RunPage> list_runs(Connection& database, const v1::ListRunsRequest& request);
absl::Status add_run_summaries(Connection& database, std::int64_t job_number, v1::Job* job);
absl::StatusOr<std::vector<ScheduledRun>> unfinished_runs(Connection& database);
absl::StatusOr<std::vector<v1::SessionSamples>> read_samples(Connection& database, const std::string& run_id);

/// FAILED_PRECONDITION ATTEMPT_STALE, for people too.
absl::Status attempt_stale(const std::string& run_id, std::uint32_t attempt_number);

}  // namespace tinyrig::store
