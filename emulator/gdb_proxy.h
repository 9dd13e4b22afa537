// The debug probe of an emulated board: a GDB remote endpoint that exists whether the board has power or
// not, in front of QEMU's own. It passes packets on, except for the end: detaching would let QEMU run on
// with the registers of old firmware, or of none. So the proxy ends QEMU's session itself, tells the board
// what happened, and answers the debugger when the board really runs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::emulator {

class DebugTarget {
 public:
  virtual ~DebugTarget() = default;
  virtual bool has_power() const = 0;
  virtual std::string debug_socket() const = 0;
  virtual bool is_flash(std::uint64_t address) const = 0;
  /// The machine is still halted. Keeps what was written, resets if asked or needed, and lets it run.
  virtual boost::asio::awaitable<void> debugger_left(bool wrote_flash, bool asked_for_reset) = 0;
};

class GdbProxy : public std::enable_shared_from_this<GdbProxy> {
 public:
  GdbProxy(boost::asio::any_io_executor executor, std::filesystem::path path, std::weak_ptr<DebugTarget> target);
  ~GdbProxy();

  /// INTERNAL (SOCKET_FAILED).
  absl::Status listen();
  void close();
  /// Ends the current session, as when the board loses power.
  void drop_session();

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  struct Session;

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Session> session);
  // Until the debugger detaches or is gone.
  boost::asio::awaitable<void> carry_commands(std::shared_ptr<Session> session);
  boost::asio::awaitable<void> carry_answers(std::shared_ptr<Session> session);

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path path_;
  const std::weak_ptr<DebugTarget> target_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::weak_ptr<Session> session_;
};

}  // namespace tinyrig::emulator
