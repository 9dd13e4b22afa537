// The real host agent as a child process of a test, on a socket pair or a PTY. It dies with the test.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "server/link/fd_transport.h"

namespace tinyrig::test {

class HostAgent {
 public:
  /// Starts it on one end of a socket pair; `arguments` as on its command line.
  static HostAgent on_socket(std::vector<std::string> arguments = {});
  /// Starts it on a PTY of its own that `link` will name; wait_for_pty() says when.
  static HostAgent on_pty(const std::string& link, std::vector<std::string> arguments = {});

  HostAgent(HostAgent&& other) noexcept;
  ~HostAgent();

  /// The test's end of the socket pair; once.
  std::unique_ptr<link::FdTransport> take_transport(boost::asio::any_io_executor executor);
  int take_fd();

  /// SIGKILL, and waits for the end. Idempotent.
  void kill();
  /// Waits for the process to end by itself; its exit status, -1 for a signal.
  int wait();
  pid_t pid() const { return pid_; }

 private:
  HostAgent() = default;
  void spawn(std::vector<std::string> arguments);

  pid_t pid_ = -1;
  int our_end_ = -1;
};

}  // namespace tinyrig::test
