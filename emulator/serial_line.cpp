#include "emulator/serial_line.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "emulator/pty.h"
#include "server/base/use_tuple.h"
#include "server/link/tty_settings.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;
// A reader that is this far behind is not reading.
constexpr std::size_t kLongestBacklog = 256 * 1024;

}  // namespace

struct SerialLine::Pty {
  Pty(const asio::any_io_executor& executor, PtyEnds ends)
      : host_side(executor, ends.master.release()), slave(std::move(ends.slave)) {}

  asio::posix::stream_descriptor host_side;  // the master
  Fd slave;                                  // kept open: without any, reads of the master fail
  std::string backlog;                       // for the host, not yet taken
  bool writing = false;
};

struct SerialLine::BoardEnd {
  BoardEnd(const asio::any_io_executor& executor, int fd) : socket(executor) {
    socket.assign(asio::local::stream_protocol(), fd);
  }
  asio::local::stream_protocol::socket socket;
};

SerialLine::SerialLine(asio::any_io_executor executor, std::filesystem::path path)
    : executor_(std::move(executor)), path_(std::move(path)) {}

SerialLine::~SerialLine() {
  unplug();
  detach();
}

absl::Status SerialLine::plug() {
  if (plugged()) return absl::OkStatus();
  absl::StatusOr<PtyEnds> ends = open_pty(path_);
  if (!ends.ok()) return ends.status();
  auto pty = std::make_shared<Pty>(executor_, *std::move(ends));
  pty_ = pty;
  asio::co_spawn(executor_, carry_to_board(pty), asio::detached);
  return absl::OkStatus();
}

void SerialLine::unplug() {
  if (!plugged()) return;
  ::unlink(path_.c_str());
  boost::system::error_code ignored;
  pty_->host_side.close(ignored);
  pty_->slave.reset();
  pty_ = nullptr;
}

void SerialLine::attach(Fd board) {
  detach();
  if (pty_ != nullptr) ::tcflush(pty_->slave.get(), TCOFLUSH);  // sent to a board that is no more
  board_ = std::make_shared<BoardEnd>(executor_, board.release());
  asio::co_spawn(
      executor_, [self = shared_from_this(), end = board_] { return self->carry_to_host(end); }, asio::detached);
}

void SerialLine::detach() {
  if (board_ == nullptr) return;
  boost::system::error_code ignored;
  board_->socket.close(ignored);
  board_ = nullptr;
}

asio::awaitable<void> SerialLine::carry_to_board(std::shared_ptr<Pty> pty) {
  const auto alive = weak_from_this();
  std::array<char, 4096> buffer;
  for (;;) {
    auto reading = pty->host_side.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    const auto self = alive.lock();
    if (error || self == nullptr) co_return;
    const std::shared_ptr<BoardEnd> board = board_;
    if (board == nullptr || !self->passes(Direction::kToBoard, count)) continue;  // power is off, or lost
    carry_at_speed(buffer.data(), count);
    auto writing = asio::async_write(board->socket, asio::buffer(buffer.data(), count), kUseTuple);
    co_await std::move(writing);  // an error means that the board is gone, and these bytes with it
  }
}

asio::awaitable<void> SerialLine::carry_to_host(std::shared_ptr<BoardEnd> board) {
  std::array<char, 4096> buffer;
  for (;;) {
    auto reading = board->socket.async_read_some(asio::buffer(buffer), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error) co_return;
    if (!passes(Direction::kToHost, count)) continue;
    carry_at_speed(buffer.data(), count);
    send_to_host(buffer.data(), count);
  }
}

void SerialLine::carry_at_speed(char* bytes, std::size_t count) const {
  if (uart_baud_ == 0 || pty_ == nullptr || link::baud_of(pty_->host_side.native_handle()) == uart_baud_) return;
  // Bits are looked at in the wrong places: no byte is right, and each depends on where it stands.
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(~bytes[i] ^ static_cast<char>(i * 0x1D & 0x7F));
}

void SerialLine::send_to_host(const char* bytes, std::size_t count) {
  if (pty_ == nullptr) return;
  if (pty_->backlog.empty()) {
    const ssize_t written = ::write(pty_->host_side.native_handle(), bytes, count);
    if (written > 0) {
      bytes += written;
      count -= static_cast<std::size_t>(written);
    }
    if (count == 0) return;
  }
  const std::size_t room = kLongestBacklog - std::min(kLongestBacklog, pty_->backlog.size());
  const std::size_t kept = std::min(room, count);
  dropped_ += count - kept;
  pty_->backlog.append(bytes, kept);
  if (pty_->writing || pty_->backlog.empty()) return;
  pty_->writing = true;
  asio::co_spawn(
      executor_, [self = shared_from_this(), pty = pty_] { return self->write_backlog(pty); }, asio::detached);
}

asio::awaitable<void> SerialLine::write_backlog(std::shared_ptr<Pty> pty) {
  while (!pty->backlog.empty()) {
    auto waiting = pty->host_side.async_wait(asio::posix::stream_descriptor::wait_write, kUseTuple);
    const auto [error] = co_await std::move(waiting);
    if (error) break;
    const ssize_t written = ::write(pty->host_side.native_handle(), pty->backlog.data(), pty->backlog.size());
    if (written > 0) pty->backlog.erase(0, static_cast<std::size_t>(written));
    if (written < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  pty->writing = false;
}

}  // namespace tinyrig::emulator
