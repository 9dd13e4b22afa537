// Table leaderboard: the best valid result of each model x board type x runtime among like with like. Each
// function runs inside its caller's transaction.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/leaderboard.pb.h"

namespace tinyrig::store {

/// Puts the run's result in when it succeeded, is valid, has latencies and is better than what is there.
absl::Status consider_for_leaderboard(Connection& database, std::int64_t run_number);

/// Empties the table and considers every result again.
absl::Status rebuild_leaderboard(Connection& database);

absl::StatusOr<v1::QueryLeaderboardResponse> query_leaderboard(Connection& database,
                                                               const v1::QueryLeaderboardRequest& request);

}  // namespace tinyrig::store
