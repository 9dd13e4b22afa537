// How an attempt ends: attempt, run, result, samples, capture, leaderboard and job in one transaction, so that a
// result is there whole and once, or not at all. Runs inside its caller's transaction.
#pragma once

#include "absl/status/statusor.h"
#include "server/store/retention.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

absl::StatusOr<AttemptEndResult> end_attempt(Connection& database, const AttemptEnd& end, const Retention& retention);

}  // namespace tinyrig::store
