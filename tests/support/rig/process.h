// A program as a user starts it: its output in a file, its end within a deadline, never left behind.
//
// Belongs to one thread, the one that outlives it: the kernel kills the program when that thread ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tinyrig::test {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline within(std::chrono::milliseconds duration) { return std::chrono::steady_clock::now() + duration; }

// Its own session and process group, so that a signal meant for it and its children reaches no other.
class Process {
 public:
  // `arguments[0]` is a path or a name of PATH. `variables`: "NAME=value" over the test's environment.
  // stdout and stderr are appended to `output`. Throws std::runtime_error when it cannot be started.
  Process(const std::vector<std::string>& arguments, std::filesystem::path output,
          const std::vector<std::string>& variables = {});
  // Kills it, if it still runs, with its whole process group.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // Exit code (128 + number after a signal); nullopt: still running at the deadline.
  std::optional<int> wait(Deadline deadline);
  void signal(int number);
  // Like Ctrl-C in a terminal: to it and everything that it started.
  void signal_group(int number);
  // SIGKILL, and waits until it is gone.
  void kill();

  // What it has written so far.
  std::string output() const;

 private:
  bool wait_for_end(std::chrono::milliseconds duration);
  friend bool wait_until(Process& process, Deadline deadline, const std::function<bool()>& condition);

  const std::filesystem::path output_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  std::optional<int> exit_code_;
};

// Waits for `condition` while `process` runs; false when it ended before or at the deadline. Between two
// looks it waits for the end of the process.
bool wait_until(Process& process, Deadline deadline, const std::function<bool()>& condition);

// Runs a program to its end; the exit code is 1000 when it was killed at the deadline.
struct Ended {
  int exit_code = -1;
  std::string output;
};
Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder, Deadline deadline,
                  const std::vector<std::string>& variables = {});

// True when process `pid`, that need not be a child of ours, is gone by the deadline.
bool gone(pid_t pid, Deadline deadline);

// Processes alive now (no zombies) of which `text` is a part of the command line.
std::vector<pid_t> processes_with(const std::string& text);

}  // namespace tinyrig::test
