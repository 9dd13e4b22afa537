// A child process for tests: started, fed no input, its output read, its end waited for.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tinyrig::testing_support {

struct Ended {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

class Spawned {
 public:
  /// `arguments[0]` is the program's path.
  explicit Spawned(const std::vector<std::string>& arguments);
  /// Kills what still runs.
  ~Spawned();
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;

  /// Reads stderr until `text` has come (false: the child closed it first).
  bool wait_for_stderr(const std::string& text);
  void signal(int number) const;
  Ended wait();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string err_so_far_;
};

}  // namespace tinyrig::testing_support
