// A child process that cannot outlive us: it is killed with its ChildProcess, and by the kernel when we die,
// however we die. It inherits the descriptors it is given and no other.
//
// Only for single-threaded programs: it forks, and the kernel ties the death signal to the forking thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::emulator {

// A descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// Two connected, close-on-exec sockets.
struct SocketPair {
  Fd ours, theirs;
};
absl::StatusOr<SocketPair> make_socket_pair();

struct ChildOptions {
  std::vector<std::string> argv;
  // Our descriptors as the child's 3, 4, 5... Its standard input and output are /dev/null.
  std::vector<int> inherited;
};

class ChildProcess {
 public:
  /// NOT_FOUND (PROGRAM_MISSING) · INTERNAL (PROCESS_FAILED).
  static absl::StatusOr<std::unique_ptr<ChildProcess>> start(boost::asio::any_io_executor executor,
                                                             const ChildOptions& options);
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  void kill();
  /// Waits for the end and reaps: "exit 1", "signal 6 (Aborted)". One waiter.
  boost::asio::awaitable<std::string> wait_for_end();
  /// Last lines of its standard error, as far as it was read yet.
  std::string error_output() const;

 private:
  ChildProcess(boost::asio::any_io_executor executor, pid_t pid, int pid_fd, int stderr_fd);

  struct ErrorOutput;
  static boost::asio::awaitable<void> collect(std::shared_ptr<ErrorOutput> output);

  const pid_t pid_;
  bool reaped_ = false;
  boost::asio::posix::stream_descriptor pid_fd_;
  std::shared_ptr<ErrorOutput> output_;
};

}  // namespace tinyrig::emulator
