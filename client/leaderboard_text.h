// The leaderboard as text: one table per group of rows that may be compared. Pure.
#pragma once

#include <string>

#include "tinyrig/v1/leaderboard.pb.h"

namespace tinyrig::client {

std::string leaderboard_text(const v1::QueryLeaderboardResponse& response);

}  // namespace tinyrig::client
