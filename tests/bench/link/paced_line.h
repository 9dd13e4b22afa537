// A line of stated speed between two descriptors, both ways: ten bits per byte, as a UART would take.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

#include "server/link/fd_transport.h"

namespace tinyrig::bench {

class PacedLine {
 public:
  /// Owns `agent_fd`. Returns at once; copies while the io_context runs.
  PacedLine(boost::asio::io_context& io, int agent_fd, std::uint32_t baud);
  PacedLine(const PacedLine&) = delete;
  PacedLine& operator=(const PacedLine&) = delete;

  /// The host's end of the line; once.
  std::unique_ptr<link::FdTransport> take_transport();
  void close();

 private:
  static boost::asio::awaitable<void> copy(std::shared_ptr<link::FdTransport> from,
                                           std::shared_ptr<link::FdTransport> to, std::uint32_t baud);

  boost::asio::io_context& io_;
  int host_end_ = -1;
  // One object per direction and end: a transport does one read or write at a time.
  std::shared_ptr<link::FdTransport> agent_in_, agent_out_, host_in_, host_out_;
};

}  // namespace tinyrig::bench
