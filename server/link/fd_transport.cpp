#include "server/link/fd_transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::link {
namespace asio = boost::asio;

namespace {
bool would_block(int error_number) { return error_number == EAGAIN || error_number == EWOULDBLOCK; }
}  // namespace

FdTransport::FdTransport(asio::any_io_executor executor, int fd, std::string name)
    : stream_(executor, fd),
      reading_(executor, WaitType::wait_read),
      writing_(executor, WaitType::wait_write),
      name_(std::move(name)) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  struct stat info {};
  is_socket_ = ::fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

FdTransport::~FdTransport() {
  FdTransport::close();
  ++*reading_.number;
  ++*writing_.number;
}

asio::awaitable<absl::StatusOr<std::size_t>> FdTransport::read_some(std::span<std::uint8_t> buffer,
                                                                    Clock::time_point deadline) {
  while (true) {
    if (!stream_.is_open()) {
      co_return absl::CancelledError(absl::StrCat(name_, ": closed"));
    }
    const ssize_t count = ::read(fd(), buffer.data(), buffer.size());
    if (count > 0) {
      co_return static_cast<std::size_t>(count);
    }
    if (count == 0) {
      co_return error_of(EIO, "end of file");
    }
    if (errno == EINTR) {
      continue;
    }
    if (!would_block(errno)) {
      co_return error_of(errno, "read");
    }
    absl::Status status = co_await ready(reading_, deadline);
    if (!status.ok()) {
      co_return status;
    }
  }
}

asio::awaitable<absl::Status> FdTransport::write(std::span<const std::uint8_t> bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    if (!stream_.is_open()) {
      co_return absl::CancelledError(absl::StrCat(name_, ": closed"));
    }
    // A socket whose peer is gone must give an error, not SIGPIPE.
    const ssize_t count =
        is_socket_ ? ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) : ::write(fd(), bytes.data(), bytes.size());
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && !would_block(errno)) {
      co_return error_of(errno, "write");
    }
    absl::Status status = co_await ready(writing_, deadline);
    if (!status.ok()) {
      co_return status;
    }
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> FdTransport::ready(Wait& wait, Clock::time_point deadline) {
  wait.timed_out = false;
  wait.timer.expires_at(deadline);
  // When time runs out as bytes come, this is on its way already and cannot be cancelled: it must then leave the next
  // wait alone, and a transport that is gone by then.
  wait.timer.async_wait(
      [this, &wait, number = ++*wait.number, current = wait.number](const boost::system::error_code& error) {
        if (!error && *current == number) {
          wait.timed_out = true;
          boost::system::error_code ignored;
          stream_.cancel(ignored);
        }
      });
  const auto [error] = co_await stream_.async_wait(wait.type, asio::as_tuple(asio::use_awaitable));
  ++*wait.number;
  wait.timer.cancel();
  if (!stream_.is_open()) {
    co_return absl::CancelledError(absl::StrCat(name_, ": closed"));
  }
  if (error && wait.timed_out) {
    co_return absl::DeadlineExceededError(absl::StrCat(name_, ": nothing in time"));
  }
  co_return absl::OkStatus();  // or the other direction ran out of time, which cancels both: the caller tries again
}

absl::Status FdTransport::set_baud(std::uint32_t) { return absl::OkStatus(); }

absl::Status FdTransport::set_dtr(bool) { return absl::OkStatus(); }

absl::Status FdTransport::set_rts(bool) { return absl::OkStatus(); }

void FdTransport::discard_input() {
  std::uint8_t buffer[1024];
  while (stream_.is_open() && ::read(fd(), buffer, sizeof buffer) > 0) {
  }
}

void FdTransport::close() {
  reading_.timer.cancel();
  writing_.timer.cancel();
  boost::system::error_code ignored;
  stream_.close(ignored);
}

absl::Status FdTransport::error_of(int error_number, const char* what) const {
  // End of file, EIO, ENXIO: the cable or the process behind it is gone. Others mean the same to callers.
  return make_error(absl::StatusCode::kUnavailable, "UNPLUGGED",
                    absl::StrCat(name_, ": ", what, ": ", std::generic_category().message(error_number)),
                    "plug the board in, or start what is behind the port");
}

}  // namespace tinyrig::link
