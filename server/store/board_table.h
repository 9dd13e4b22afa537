// Table boards. Each function runs inside its caller's transaction.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::store {

absl::Status save_board(Connection& database, const v1::Board& board, absl::Time when);
absl::StatusOr<std::vector<v1::Board>> load_boards(Connection& database);

}  // namespace tinyrig::store
