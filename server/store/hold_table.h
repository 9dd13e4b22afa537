// Table board_holds. Each function runs inside its caller's transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

absl::Status save_hold(Connection& database, const BoardHold& hold);
absl::Status remove_hold(Connection& database, const std::string& board_id);
absl::StatusOr<std::vector<BoardHold>> load_holds(Connection& database);

}  // namespace tinyrig::store
