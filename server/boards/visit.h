// What a person does with a board that is held: uses its line, writes its flash.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace tinyrig::boards {

class BoardKeeper;

// All calls on the board's strand, and none after run() has returned.
class Visit {
 public:
  virtual ~Visit() = default;
  // Until it is over: the keeper has let go of the port meanwhile.
  virtual boost::asio::awaitable<void> run(BoardKeeper& keeper) = 0;
  // Instead of run().
  virtual void refuse(absl::Status why) = 0;
  // Ends run() soon, for that reason.
  virtual void end(absl::Status why) = 0;
};

// Where visits are let in. Thread-safe; returns at once.
class VisitDesk {
 public:
  virtual ~VisitDesk() = default;
  // `board_id` is one of the farm's. The visit gets run() or refuse(). FAILED_PRECONDITION: BOARD_NOT_HELD, BOARD_BUSY,
  // BOARD_VISITED. Ended with ABORTED HOLD_ENDED when the hold is over, UNAVAILABLE SERVER_STOPPING with the farm.
  virtual void admit(const std::string& board_id, std::shared_ptr<Visit> visit) = 0;
  // Ends that visit, or refuses it if it has not begun, for that reason.
  virtual void dismiss(const std::string& board_id, std::shared_ptr<Visit> visit, absl::Status why) = 0;
};

}  // namespace tinyrig::boards
