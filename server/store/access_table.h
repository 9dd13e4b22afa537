// Tables tokens, audit_log and board_time. Each function runs inside its caller's transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

absl::Status save_token(Connection& database, const StoredToken& token);
absl::Status save_token_use(Connection& database, const std::string& token_id, absl::Time when);
absl::StatusOr<std::vector<StoredToken>> load_tokens(Connection& database);

absl::Status append_audit(Connection& database, const v1::AuditLine& line);
absl::StatusOr<std::vector<v1::AuditLine>> read_audit_log(Connection& database, const std::string& subject,
                                                          std::uint32_t limit);

/// Counts an attempt for the job's owner; nothing for a job that is nobody's.
absl::Status add_board_time(Connection& database, std::int64_t job_number, const v1::Attempt& attempt);
absl::StatusOr<absl::Duration> read_board_time(Connection& database, const std::string& user, std::int64_t day);
absl::StatusOr<std::uint32_t> count_unfinished_jobs(Connection& database, const std::string& owner);

}  // namespace tinyrig::store
