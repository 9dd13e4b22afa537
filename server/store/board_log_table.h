// Table board_log. Each function runs inside its caller's transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::store {

absl::Status append_board_log(Connection& database, const std::string& board_id, const v1::BoardLogLine& line);
absl::StatusOr<std::vector<v1::BoardLogLine>> board_log(Connection& database, const std::string& board_id,
                                                        std::uint32_t limit);

}  // namespace tinyrig::store
