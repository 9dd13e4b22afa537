#include "tests/integration/api/spawned.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace tinyrig::testing_support {
namespace {

// False at the end of the stream.
bool read_more(int file, std::string* text) {
  std::array<char, 4096> buffer;
  const ssize_t n = ::read(file, buffer.data(), buffer.size());
  if (n <= 0) return false;
  text->append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

}  // namespace

Spawned::Spawned(const std::vector<std::string>& arguments) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  if (failed != 0) throw std::runtime_error("cannot start " + arguments[0]);
  out_ = out[0];
  err_ = err[0];
}

Spawned::~Spawned() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

bool Spawned::wait_for_stderr(const std::string& text) {
  while (err_so_far_.find(text) == std::string::npos) {
    if (!read_more(err_, &err_so_far_)) return false;
  }
  return true;
}

void Spawned::signal(int number) const { ::kill(pid_, number); }

Ended Spawned::wait() {
  Ended ended;
  ended.err = err_so_far_;
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> waits = {{{out_open ? out_ : -1, POLLIN, 0}, {err_open ? err_ : -1, POLLIN, 0}}};
    ::poll(waits.data(), waits.size(), -1);
    if (out_open && waits[0].revents != 0) out_open = read_more(out_, &ended.out);
    if (err_open && waits[1].revents != 0) err_open = read_more(err_, &ended.err);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  return ended;
}

}  // namespace tinyrig::testing_support
