// Table golden_latencies. Each function runs inside its caller's transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

absl::Status record_golden_latency(Connection& database, const GoldenLatency& latency);
absl::Status forget_golden_latencies(Connection& database, const std::string& board_type);
absl::StatusOr<std::vector<GoldenLatency>> golden_latencies(Connection& database);

}  // namespace tinyrig::store
