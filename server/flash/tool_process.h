// Runs a command-line tool to its end: by argument vector, in a process group of its own, with a deadline, what it
// printed kept. When its time is over, or stop() is called, the group is asked to end (SIGTERM), and after a grace
// it is made to (SIGKILL). Never blocks the executor.
//
// One run at a time; all calls on the executor of the coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::flash {

struct ToolRun {
  std::vector<std::string> argv;
  std::chrono::milliseconds deadline{60'000};
  std::chrono::milliseconds grace{2'000};  // from SIGTERM to SIGKILL
};

struct ToolEnd {
  std::optional<int> exit_code;  // nullopt: ended by a signal
  std::string how;               // "exit 1", "signal 9 (Killed)"
  bool timed_out = false;
  std::string output;  // the last 8 KiB of standard output and error
};

class ToolProcess {
 public:
  ToolProcess();
  ~ToolProcess();

  /// However the tool ended, that is no error of run(): its caller judges. NOT_FOUND (PROGRAM_MISSING) ·
  /// INTERNAL (PROCESS_FAILED) · CANCELLED (by stop(), or by cancellation of the coroutine; the tool is dead by then).
  boost::asio::awaitable<absl::StatusOr<ToolEnd>> run(ToolRun tool);

  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // of the pending run
};

}  // namespace tinyrig::flash
