// Is the counter of a board right? Of an emulated board: against a loop of known length. Of one that has a clock:
// against the host's, over a window that the board spends counting.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/link/agent_session.h"

namespace tinyrig::boards {

/// Instructions that the counter gave, of those that the loop has; 0 where that is not known. Of types that check their
/// clock (CatalogEntry::checks_clock) it takes some 2 seconds. FAILED_PRECONDITION: COUNTER_WRONG, CLOCK_WRONG; those
/// of AgentSession.
boost::asio::awaitable<absl::StatusOr<double>> check_counter(link::AgentSession& session, const CatalogEntry& type);

/// A loop on the board, as its counter and as the host's clock have it.
struct TimedLoop {
  double board_s = 0;
  double host_s = 0;
};
inline constexpr double kClockTolerance = 0.01;

/// Seconds of the board's clock in a second of the host's. What comes to a call beside the loop only ever makes it
/// longer for the host: of each kind the call counts that was delayed least, and the brief loop is taken out of the
/// long one. Neither is empty.
double clock_rate(const std::vector<TimedLoop>& brief, const std::vector<TimedLoop>& whole);

}  // namespace tinyrig::boards
