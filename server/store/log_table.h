// Table job_log. Each function runs inside its caller's transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::store {

/// A line of a job that is not known is left out.
absl::Status append_log(Connection& database, const v1::LogLine& line);
absl::StatusOr<std::vector<v1::LogLine>> job_logs(Connection& database, const std::string& job_id);

}  // namespace tinyrig::store
