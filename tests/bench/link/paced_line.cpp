#include "tests/bench/link/paced_line.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <vector>

namespace tinyrig::bench {

namespace asio = boost::asio;
using link::FdTransport;

PacedLine::PacedLine(asio::io_context& io, int agent_fd, std::uint32_t baud) : io_(io) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    std::abort();
  }
  host_end_ = ends[0];
  const auto open = [&io](int fd) { return std::make_shared<FdTransport>(io.get_executor(), fd, "paced line"); };
  agent_in_ = open(::fcntl(agent_fd, F_DUPFD_CLOEXEC, 0));
  agent_out_ = open(agent_fd);
  host_in_ = open(::fcntl(ends[1], F_DUPFD_CLOEXEC, 0));
  host_out_ = open(ends[1]);
  asio::co_spawn(io, copy(host_in_, agent_out_, baud), asio::detached);
  asio::co_spawn(io, copy(agent_in_, host_out_, baud), asio::detached);
}

asio::awaitable<void> PacedLine::copy(std::shared_ptr<FdTransport> from, std::shared_ptr<FdTransport> to,
                                      std::uint32_t baud) {
  using Clock = FdTransport::Clock;
  asio::steady_timer timer(from->executor());
  std::vector<std::uint8_t> buffer(std::max<std::size_t>(16, baud / 10 / 1000));  // about a millisecond
  Clock::time_point free_at = Clock::now();
  while (true) {
    // Bytes that waited already follow without a gap, however late this process woke up; after a pause the
    // line starts anew. So it never carries more than its speed, nor less for our lateness.
    absl::StatusOr<std::size_t> count = co_await from->read_some(buffer, Clock::now());
    if (absl::IsDeadlineExceeded(count.status())) {
      count = co_await from->read_some(buffer, Clock::time_point::max());
      free_at = Clock::now();
    }
    if (!count.ok()) {
      to->close();
      co_return;
    }
    // The bytes arrive when their last bit has passed.
    free_at += std::chrono::nanoseconds(*count * 10 * 1'000'000'000ULL / baud);
    timer.expires_at(free_at);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    absl::Status written =
        co_await to->write(std::span<const std::uint8_t>(buffer).first(*count), Clock::time_point::max());
    if (!written.ok()) {
      co_return;
    }
  }
}

std::unique_ptr<FdTransport> PacedLine::take_transport() {
  return std::make_unique<FdTransport>(io_.get_executor(), host_end_, "paced line");
}

void PacedLine::close() {
  for (const auto& end : {agent_in_, agent_out_, host_in_, host_out_}) {
    end->close();
  }
}

}  // namespace tinyrig::bench
