// A person's console: the board's serial line, byte for byte, both ways.
//
// Bytes from the board are handed on in lumps, one at a time: the next one when taken() says so. What comes meanwhile
// is kept, up to a limit; then the port is not read, and the system's buffer of it fills.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "server/boards/visit.h"
#include "server/link/serial_port.h"

namespace tinyrig::boards {

// Called on the board's strand.
struct ConsoleHooks {
  std::function<void(const std::string& port, std::uint32_t baud_rate)> opened;
  std::function<void(std::string bytes)> received;
  // Once, at the end. OK: end(OkStatus()) was called. Others: why it was refused or ended; the port's errors.
  std::function<void(absl::Status)> ended;
};

class ConsoleVisit final : public Visit, public std::enable_shared_from_this<ConsoleVisit> {
 public:
  // `baud_rate` 0: that of the board type's agent. `owner`: for the board's log.
  ConsoleVisit(std::uint32_t baud_rate, std::string owner, ConsoleHooks hooks);

  boost::asio::awaitable<void> run(BoardKeeper& keeper) override;
  void refuse(absl::Status why) override;
  void end(absl::Status why) override;

  // Any thread, from `opened` on. What was received last has been handed on.
  void taken();
  // Any thread, from `opened` on. `sent` is called on the board's strand when the line has taken all, and must have
  // been before the next call; not at all when the visit ends meanwhile.
  void send(std::string bytes, std::function<void()> sent);

 private:
  boost::asio::awaitable<absl::Status> receive();
  boost::asio::awaitable<void> write(std::string bytes, std::function<void()> sent);
  void hand_on();

  const std::uint32_t baud_rate_;
  const std::string owner_;
  const ConsoleHooks hooks_;
  boost::asio::any_io_executor strand_;
  std::unique_ptr<link::SerialPort> port_;
  std::optional<boost::asio::steady_timer> room_;  // cancelled when there is room again
  std::string waiting_;                            // bytes from the board
  bool may_hand_on_ = true;
  bool writing_ = false;
  std::optional<absl::Status> end_;
};

}  // namespace tinyrig::boards
