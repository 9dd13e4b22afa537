// A tinyrig-emu of the test's own, as a process, in folders of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tinyrig::test {

class FarmProcess {
 public:
  struct Environment {
    std::string program;   // tinyrig-emu
    std::string catalog;   // deploy/boards
    std::string firmware;  // what ./rig firmware built
  };
  // What the build knows.
  static Environment environment();

  // Starts with --dir, --state and --catalog set. `variables`: "NAME=value" over the test's environment.
  explicit FarmProcess(std::vector<std::string> arguments, std::vector<std::string> variables = {});
  // Ends it as terminate() does, and removes the folders.
  ~FarmProcess();
  FarmProcess(const FarmProcess&) = delete;
  FarmProcess& operator=(const FarmProcess&) = delete;

  // Reads its log until `text` comes; false when it ended before, or after a minute.
  bool wait_for_log(const std::string& text);
  const std::string& log() const { return log_; }

  // Sends a request to its control socket; the whole answer.
  std::string control(const std::string& request);
  // "running" of "state=running" in the board's status line.
  std::string status(const std::string& board, const std::string& field);

  // SIGTERM; the exit code, or -1 after a signal.
  int terminate();
  // Waits for an end that comes by itself.
  int wait();
  // SIGKILL.
  void kill();

  std::filesystem::path run_folder() const { return folder_ / "run"; }
  std::filesystem::path state_folder() const { return folder_ / "state"; }
  std::filesystem::path port(const std::string& board) const { return run_folder() / board; }
  std::string flasher_endpoint(const std::string& board) const {
    return "unix:" + (run_folder() / (board + ".gdb")).string();
  }

 private:
  bool read_log();

  std::filesystem::path folder_;
  pid_t pid_ = 0;
  int log_fd_ = -1;
  std::string log_;
};

}  // namespace tinyrig::test
