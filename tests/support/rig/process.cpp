#include "tests/support/rig/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tinyrig::test {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* argv, char* const* envp, int output, int report, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::execvpe(argv[0], argv, envp);
  const int error = errno;
  static_cast<void>(!::write(report, &error, sizeof error));
  ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, std::filesystem::path output,
                 const std::vector<std::string>& variables)
    : output_(std::move(output)) {
  std::vector<char*> argv, envp;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  for (const std::string& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::size_t name = std::strcspn(*variable, "=") + 1;
    const bool replaced = std::any_of(variables.begin(), variables.end(), [&](const std::string& other) {
      return std::strncmp(other.c_str(), *variable, name) == 0;
    });
    if (!replaced) envp.push_back(*variable);
  }
  envp.push_back(nullptr);

  const int out = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int report[2];
  if (out < 0 || ::pipe2(report, O_CLOEXEC) != 0) throw std::runtime_error("cannot write " + output_.string());
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argv.data(), envp.data(), out, report[1], parent);
  ::close(out);
  ::close(report[1]);
  int error = 0;
  const bool failed = pid_ < 0 || ::read(report[0], &error, sizeof error) == sizeof error;
  ::close(report[0]);
  if (failed) {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(error));
  }
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) throw std::runtime_error("pidfd_open");
}

Process::~Process() {
  kill();
  ::close(pid_fd_);
}

bool Process::wait_for_end(std::chrono::milliseconds duration) {
  if (exit_code_.has_value()) return true;
  pollfd ended{pid_fd_, POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(std::max<long>(duration.count(), 0)));
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Process::running() { return !wait_for_end(std::chrono::milliseconds(0)); }

std::optional<int> Process::wait(Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (wait_for_end(left)) return exit_code_;
    if (left.count() <= 0) return std::nullopt;
  }
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

void Process::signal_group(int number) {
  if (!exit_code_.has_value()) ::kill(-pid_, number);  // once reaped, the number may be another's
}

void Process::kill() {
  signal_group(SIGKILL);
  while (!wait_for_end(std::chrono::seconds(10))) {
  }
}

std::string Process::output() const { return read_file(output_); }

bool wait_until(Process& process, Deadline deadline, const std::function<bool()>& condition) {
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    if (process.wait_for_end(kBetweenLooks)) return condition();
  }
}

Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder, Deadline deadline,
                  const std::vector<std::string>& variables) {
  static std::atomic<int> number = 0;
  Process process(arguments, folder / ("program-" + std::to_string(++number) + ".log"), variables);
  const std::optional<int> exit_code = process.wait(deadline);
  if (!exit_code.has_value()) process.kill();
  return {exit_code.value_or(1000), process.output()};
}

bool gone(pid_t pid, Deadline deadline) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd ended{fd, POLLIN, 0};
  const bool is_gone = ::poll(&ended, 1, static_cast<int>(std::max<long>(left.count(), 0))) == 1;
  ::close(fd);
  return is_gone;
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    std::string words = read_file(entry.path() / "cmdline");  // empty of a zombie, and when it is gone by now
    std::replace(words.begin(), words.end(), '\0', ' ');
    if (words.find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace tinyrig::test
