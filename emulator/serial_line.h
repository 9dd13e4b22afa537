// The cable of a board: a PTY behind a stable path that looks like a serial port, and the bytes between it
// and the board's process. The PTY stays while the board is off, as a USB adapter would: what is sent then
// is lost. Unplugging hangs up whoever has the port open, and the board runs on.
//
// It always takes what the board sends (QEMU stops as a whole when some of its UARTs cannot send); what
// nobody reads for long is dropped. One executor, no locks.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/base/child_process.h"

namespace tinyrig::emulator {

class SerialLine : public std::enable_shared_from_this<SerialLine> {
 public:
  SerialLine(boost::asio::any_io_executor executor, std::filesystem::path path);
  ~SerialLine();

  /// INTERNAL (PTY_FAILED).
  absl::Status plug();
  void unplug();
  bool plugged() const { return pty_ != nullptr; }

  enum class Direction { kToBoard, kToHost };
  /// Sees each piece of bytes that comes into the line; false: it gets lost there. For benchmarks and faults.
  using Tap = std::function<bool(Direction, std::size_t)>;
  void set_tap(Tap tap) { tap_ = std::move(tap); }

  /// The board's UART runs at this speed: as long as whoever has the port open runs at another one, what comes is not
  /// what was sent, either way. 0, as in the beginning: a line without speeds.
  void set_uart_baud(std::uint32_t baud) { uart_baud_ = baud; }

  // The board's end. Bytes on their way to an earlier one are gone.
  void attach(Fd board);
  void detach();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t dropped_bytes() const { return dropped_; }

 private:
  struct Pty;
  struct BoardEnd;

  boost::asio::awaitable<void> carry_to_board(std::shared_ptr<Pty> pty);
  boost::asio::awaitable<void> carry_to_host(std::shared_ptr<BoardEnd> board);
  boost::asio::awaitable<void> write_backlog(std::shared_ptr<Pty> pty);
  void send_to_host(const char* bytes, std::size_t count);
  // What arrives of it at the speeds of both ends.
  void carry_at_speed(char* bytes, std::size_t count) const;
  bool passes(Direction direction, std::size_t count) const { return !tap_ || tap_(direction, count); }

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path path_;
  std::shared_ptr<Pty> pty_;
  std::shared_ptr<BoardEnd> board_;
  std::uint64_t dropped_ = 0;
  std::uint32_t uart_baud_ = 0;
  Tap tap_;
};

}  // namespace tinyrig::emulator
