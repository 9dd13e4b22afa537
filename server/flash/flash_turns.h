// Lets at most so many boards be flashed at a time on one USB controller, in the order in which they asked: more at
// once starve each other of bandwidth and power, and then fail.
//
// Thread-safe: boards of one controller are on strands of their own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "server/flash/flasher.h"

namespace tinyrig::flash {

class FlashTurns {
 public:
  // One that waits, or is at it. Whatever becomes of it, its place is free with it.
  class Turn {
   public:
    Turn(std::shared_ptr<FlashTurns> turns, std::string controller, const boost::asio::any_io_executor& executor);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// OK: it is at it. CANCELLED. On the executor, which runs one handler at a time.
    boost::asio::awaitable<absl::Status> come();
    /// Ends come(). On the executor.
    void cancel();

   private:
    friend class FlashTurns;
    struct Place;
    const std::shared_ptr<FlashTurns> turns_;
    const std::string controller_;
    const std::shared_ptr<Place> place_;
  };

  explicit FlashTurns(std::size_t at_once) : at_once_(at_once) {}

 private:
  using Line = std::list<std::shared_ptr<Turn::Place>>;  // in order; the first `at_once_` are at it

  // Those that may go, told.
  void let_go(const Line& line);

  const std::size_t at_once_;
  std::mutex mutex_;
  std::map<std::string, Line> lines_;  // by controller, of those that are not empty; guarded by mutex_
};

/// `flasher`, whose flash() waits for its turn on what `controller` says, which comes when those before it have ended.
/// Empty: at once.
std::unique_ptr<Flasher> make_turn_taking_flasher(std::unique_ptr<Flasher> flasher, std::shared_ptr<FlashTurns> turns,
                                                  std::function<std::string()> controller);

}  // namespace tinyrig::flash
