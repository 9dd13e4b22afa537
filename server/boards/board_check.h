// What a board must prove before it gets work, beyond an answer, the right build and a right counter. The
// keeper asks for it; how it is done is known above (server/bench/golden_check.h).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/flash/flasher.h"
#include "server/link/agent_session.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::boards {

struct BoardUnderCheck {
  const std::string& board_id;
  // Has said hello, and has again when the check succeeded: it may reset the board.
  link::AgentSession& session;
  const CatalogEntry& type;
  flash::Flasher* flasher;  // may be null
  double calibration_ratio;
  std::function<void(const std::string& step, double progress)> on_step;
  std::function<void(const std::string& level, const std::string& text)> log;
  // The model slot is being written.
  std::function<void()> on_slot_write;
  // Asked between steps: stop?
  std::function<bool()> closed;
};

// A board that may work: GOOD, or DEGRADED when something could not be checked. `text`: what was, for people.
struct Proof {
  v1::Health health = v1::HEALTH_GOOD;
  std::string text;
};

class BoardCheck {
 public:
  virtual ~BoardCheck() = default;
  // On the board's strand; thread-safe. An error: the board must not work; its reason and message say why.
  virtual boost::asio::awaitable<absl::StatusOr<Proof>> prove(const BoardUnderCheck& board) = 0;
};

}  // namespace tinyrig::boards
