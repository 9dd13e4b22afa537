// A child process that cannot outlive us, nor what it started: its process group is killed with its ChildProcess,
// and by the kernel it is killed when we die, however we die. It inherits the descriptors it is given and no other.
//
// The kernel ties the death signal to the forking thread: that thread must outlive the child.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig {

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
  // Our descriptors as the child's 3, 4, 5... Its standard input is /dev/null.
  std::vector<int> inherited = {};
  // Keep what it prints on standard output too, in order with its errors; otherwise that goes to /dev/null.
  bool keep_standard_output = false;
  // "NAME=VALUE", beside our own, and in place of those of the same name.
  std::vector<std::string> environment = {};
};

class ChildProcess {
 public:
  /// NOT_FOUND (PROGRAM_MISSING) · INTERNAL (PROCESS_FAILED).
  static absl::StatusOr<std::unique_ptr<ChildProcess>> start(boost::asio::any_io_executor executor,
                                                             const ChildOptions& options);
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// To it and all of its group.
  void signal(int number);
  void kill();
  /// Waits for the end, ends what is left of its group, and reaps: "exit 1", "signal 6 (Aborted)". One waiter.
  /// "unknown: ...", and has_ended() false, when the wait was cancelled.
  boost::asio::awaitable<std::string> wait_for_end();
  bool has_ended() const { return reaped_; }
  /// Of a child that has ended by itself; nullopt: it has not, or by a signal.
  std::optional<int> exit_code() const { return exit_code_; }
  /// The last 8 KiB of what it printed, as far as it was read yet.
  std::string output() const;

 private:
  ChildProcess(boost::asio::any_io_executor executor, pid_t pid, int pid_fd, int output_fd);

  struct Output;
  static boost::asio::awaitable<void> collect(std::shared_ptr<Output> output);

  const pid_t pid_;
  bool reaped_ = false;
  std::optional<int> exit_code_;
  boost::asio::posix::stream_descriptor pid_fd_;
  std::shared_ptr<Output> output_;
};

}  // namespace tinyrig
