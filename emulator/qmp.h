// QEMU's control channel (QEMU Machine Protocol): one JSON object per line. One command at a time; what
// does not come within kPatience fails, and so does everything after it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

class Qmp {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  Qmp(boost::asio::any_io_executor executor, Fd socket);

  /// All: UNAVAILABLE (QEMU_LOST) · INTERNAL (QEMU_REFUSED).
  boost::asio::awaitable<absl::Status> handshake();
  boost::asio::awaitable<absl::Status> stop();
  boost::asio::awaitable<absl::Status> resume();
  /// Returns when the reset is done, not just asked for.
  boost::asio::awaitable<absl::Status> reset();
  /// Memory as the CPU sees it, to a file.
  boost::asio::awaitable<absl::Status> save_memory(std::uint32_t address, std::uint32_t bytes, std::string file);

 private:
  struct Channel;

  boost::asio::awaitable<absl::StatusOr<boost::json::object>> receive();
  boost::asio::awaitable<absl::Status> execute(std::string command, boost::json::object arguments);
  boost::asio::awaitable<absl::Status> wait_for_event(std::string name);

  std::shared_ptr<Channel> channel_;
  std::set<std::string> events_;  // seen since they were last asked for
};

}  // namespace tinyrig::emulator
