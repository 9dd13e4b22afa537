#include "server/discovery/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::discovery {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status failed(const std::string& what, int error_number) {
  return make_error(absl::StatusCode::kInternal, "PROCESS_FAILED",
                    absl::StrCat(what, ": ", std::generic_category().message(error_number)),
                    "the machine may be out of processes, descriptors or memory");
}

int spawn(const std::vector<std::string>& argv, int output, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int error = ::posix_spawnp(pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False at the deadline.
bool read_to_end(int fd, Clock::time_point deadline, std::string* text) {
  constexpr std::size_t kMostBytes = 65'536;
  std::array<char, 4096> buffer;
  while (text->size() < kMostBytes) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return true;
    if (count > 0) text->append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> program_output(const std::vector<std::string>& argv, std::chrono::milliseconds timeout) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
  pid_t pid = 0;
  const int error = spawn(argv, output[1], &pid);
  ::close(output[1]);
  if (error != 0) {
    ::close(output[0]);
    if (error != ENOENT) return failed(absl::StrCat("cannot start ", argv[0]), error);
    return make_error(absl::StatusCode::kNotFound, "PROGRAM_MISSING", absl::StrCat("program not found: ", argv[0]));
  }
  std::string text;
  const bool ended = read_to_end(output[0], Clock::now() + timeout, &text);
  ::close(output[0]);
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  if (ended) return text;
  return make_error(absl::StatusCode::kDeadlineExceeded, "PROGRAM_HANGS",
                    absl::StrCat(argv[0], " has not ended after ", timeout.count(), " ms"), "start it by hand and see");
}

}  // namespace tinyrig::discovery
