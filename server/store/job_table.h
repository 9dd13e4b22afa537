// Tables jobs and submissions. Each function runs inside its caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::store {

absl::StatusOr<AcceptedJob> accept_job(Connection& database, const NewJob& job);
absl::StatusOr<std::optional<Submission>> find_submission(Connection& database, const std::string& idempotency_key);

/// Primary key of a job. NOT_FOUND JOB_UNKNOWN.
absl::StatusOr<std::int64_t> find_job_number(Connection& database, const std::string& job_id);

/// A job without its runs.
absl::StatusOr<v1::Job> read_job(Connection& database, std::int64_t job_number);
absl::StatusOr<v1::Job> read_job_with_runs(Connection& database, const std::string& job_id);
absl::StatusOr<JobPage> list_jobs(Connection& database, std::uint32_t page_size, const std::string& page_token);
absl::StatusOr<std::vector<v1::Job>> unfinished_jobs(Connection& database);

absl::StatusOr<v1::Job> request_cancel(Connection& database, const std::string& job_id, absl::Time when);
absl::StatusOr<v1::Job> expire_job(Connection& database, const std::string& job_id, absl::Time when);

/// Ends the job when its last run has ended; true when it did.
absl::StatusOr<bool> finish_job_if_done(Connection& database, std::int64_t job_number, std::int64_t time_us);

}  // namespace tinyrig::store
