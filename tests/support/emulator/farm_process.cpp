#include "tests/support/emulator/farm_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tinyrig::test {

FarmProcess::Environment FarmProcess::environment() {
  return {TINYRIG_EMU_PROGRAM, TINYRIG_CATALOG_DIR, TINYRIG_FIRMWARE_DIR};
}

FarmProcess::FarmProcess(std::vector<std::string> arguments, std::vector<std::string> variables) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-emu.XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  const Environment known = environment();
  arguments.insert(arguments.begin(), {known.program, "--dir", run_folder().string(), "--state",
                                       state_folder().string(), "--catalog", known.catalog});
  std::vector<char*> argv, envp;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  for (std::string& variable : variables) envp.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::size_t name = std::strcspn(*variable, "=") + 1;
    bool replaced = false;
    for (const std::string& other : variables) replaced |= std::strncmp(other.c_str(), *variable, name) == 0;
    if (!replaced) envp.push_back(*variable);
  }
  envp.push_back(nullptr);

  int log[2];
  if (::pipe2(log, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, log[1], 2);
  const int error = ::posix_spawn(&pid_, known.program.c_str(), &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(log[1]);
  log_fd_ = log[0];
  if (error != 0) throw std::runtime_error("cannot start " + known.program + ": " + std::strerror(error));
}

FarmProcess::~FarmProcess() {
  terminate();
  ::close(log_fd_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool FarmProcess::read_log() {
  pollfd ready{log_fd_, POLLIN, 0};
  if (::poll(&ready, 1, 60'000) <= 0) return false;
  char buffer[4096];
  const ssize_t count = ::read(log_fd_, buffer, sizeof buffer);
  if (count <= 0) return false;
  log_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

bool FarmProcess::wait_for_log(const std::string& text) {
  while (log_.find(text) == std::string::npos) {
    if (!read_log()) return false;
  }
  return true;
}

std::string FarmProcess::control(const std::string& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (run_folder() / "control.sock").string();
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string line = request + "\n";
    if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) answer = "lost";
    char buffer[4096];
    for (;;) {
      const std::size_t last = answer.rfind('\n', answer.size() - 2) + 1;  // 0 when there is one line
      const bool whole = !answer.empty() && answer.back() == '\n';
      if (whole && (answer.compare(last, 2, "ok") == 0 || answer.compare(last, 5, "error") == 0)) break;
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, 60'000) <= 0) break;
      const ssize_t count = ::read(fd, buffer, sizeof buffer);
      if (count <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(count));
    }
  }
  ::close(fd);
  return answer;
}

std::string FarmProcess::status(const std::string& board, const std::string& field) {
  const std::string all = control("status");
  const std::size_t line = all.find("board " + board + " ");
  if (line == std::string::npos) return "no such board";
  const std::size_t at = all.find(" " + field + "=", line);
  if (at == std::string::npos || at > all.find('\n', line)) return "no such field";
  const std::size_t start = at + field.size() + 2;
  return all.substr(start, all.find_first_of(" \n", start) - start);
}

int FarmProcess::terminate() {
  if (pid_ == 0) return -1;
  ::kill(pid_, SIGTERM);
  return wait();
}

int FarmProcess::wait() {
  if (pid_ == 0) return -1;
  while (read_log()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void FarmProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace tinyrig::test
