#include "server/base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "server/base/error.h"

namespace tinyrig {
namespace {

namespace asio = boost::asio;

absl::Status failed(const std::string& what, int error) {
  return make_error(absl::StatusCode::kInternal, "PROCESS_FAILED", what + ": " + std::strerror(error),
                    "the machine may be out of processes, descriptors or memory");
}

// With the null pointer at the end that exec wants.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Is `variable`, "NAME=VALUE", of a name that `variables` has?
bool names_one_of(const std::vector<std::string>& variables, std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('=') + 1);
  return std::any_of(variables.begin(), variables.end(),
                     [name](const std::string& one) { return one.compare(0, name.size(), name) == 0; });
}

// In the child, between fork and exec: async-signal-safe calls only. Tells errno through `report`.
[[noreturn]] void become(const ChildOptions& options, char* const* argv, char* const* environment, int output_fd,
                         int report, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before prctl
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();  // a group of its own; and signals of our terminal are for us alone

  // Out of the way first: a wanted number may be another one's source.
  constexpr int kHigh = 500;
  const int high_report = ::fcntl(report, F_DUPFD_CLOEXEC, kHigh);
  const auto give_up = [high_report] {
    const int error = errno;
    static_cast<void>(!::write(high_report, &error, sizeof error));
    ::_exit(127);
  };
  int source[16];
  if (options.inherited.size() > 16) give_up();
  for (std::size_t i = 0; i < options.inherited.size(); ++i) {
    source[i] = ::fcntl(options.inherited[i], F_DUPFD_CLOEXEC, kHigh);
    if (source[i] < 0) give_up();
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int high_null = ::fcntl(null, F_DUPFD_CLOEXEC, kHigh);
  const int high_output = ::fcntl(output_fd, F_DUPFD_CLOEXEC, kHigh);
  const int standard_output = options.keep_standard_output ? high_output : high_null;
  if (::dup2(high_null, 0) < 0 || ::dup2(standard_output, 1) < 0 || ::dup2(high_output, 2) < 0) give_up();
  const int first_free = 3 + static_cast<int>(options.inherited.size());
  for (int i = 3; i < first_free; ++i) {
    if (::dup2(source[i - 3], i) < 0) give_up();
  }
  // Every other descriptor of ours is closed at exec; those that a library forgot to mark, too.
  constexpr unsigned kCloseRangeCloexec = 1U << 2;
  ::syscall(SYS_close_range, static_cast<unsigned>(first_free), ~0U, kCloseRangeCloexec);
  ::execvpe(argv[0], argv, environment);
  give_up();
  ::_exit(127);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

absl::StatusOr<SocketPair> make_socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return failed("socketpair", errno);
  SocketPair pair{Fd(fds[0]), Fd(fds[1])};
  return pair;
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::start(asio::any_io_executor executor,
                                                                  const ChildOptions& options) {
  int report[2], output_pipe[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return failed("pipe", errno);
  Fd report_read(report[0]), report_write(report[1]);
  if (::pipe2(output_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return failed("pipe", errno);
  Fd output_read(output_pipe[0]), output_write(output_pipe[1]);
  ::fcntl(output_write.get(), F_SETFL, 0);  // the child's end may block

  std::vector<char*> argv = pointers(options.argv);
  std::vector<char*> environment = pointers(options.environment);
  for (char** variable = ::environ; *variable != nullptr; ++variable) {
    if (!names_one_of(options.environment, *variable)) environment.insert(environment.begin(), *variable);
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork", errno);
  if (pid == 0) become(options, argv.data(), environment.data(), output_write.get(), report_write.get(), parent);

  report_write.reset();
  int error = 0;
  const ssize_t got = ::read(report_read.get(), &error, sizeof error);  // ends at exec
  if (got == static_cast<ssize_t>(sizeof error)) {
    ::waitpid(pid, nullptr, 0);
    if (error != ENOENT) return failed("cannot start " + options.argv[0], error);
    return make_error(absl::StatusCode::kNotFound, "PROGRAM_MISSING", "program not found: " + options.argv[0], "");
  }
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pid_fd < 0) {
    const int pid_fd_error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failed("pidfd_open", pid_fd_error);
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(executor), pid, pid_fd, output_read.release()));
}

struct ChildProcess::Output {
  Output(const asio::any_io_executor& executor, int fd) : pipe(executor, fd) {}

  // What lies in the pipe, but no more than one holds, should someone never stop. False: there will be no more.
  bool read() {
    constexpr int kMostReads = 16;
    constexpr std::size_t kKept = 8192;
    char buffer[4096];
    for (int i = 0; i < kMostReads; ++i) {
      const ssize_t count = ::read(pipe.native_handle(), buffer, sizeof buffer);
      if (count == 0) return false;
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      text.append(buffer, static_cast<std::size_t>(count));
      if (text.size() > kKept) text.erase(0, text.size() - kKept);
    }
    return true;
  }

  asio::posix::stream_descriptor pipe;
  std::string text;
};

ChildProcess::ChildProcess(asio::any_io_executor executor, pid_t pid, int pid_fd, int output_fd)
    : pid_(pid), pid_fd_(executor, pid_fd), output_(std::make_shared<Output>(executor, output_fd)) {
  asio::co_spawn(executor, collect(output_), asio::detached);
}

ChildProcess::~ChildProcess() {
  boost::system::error_code ignored;
  output_->pipe.close(ignored);
  if (reaped_) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal(int number) {
  // Until it is reaped nobody else can have its number.
  if (!reaped_) ::kill(-pid_, number);
}

void ChildProcess::kill() { signal(SIGKILL); }

asio::awaitable<std::string> ChildProcess::wait_for_end() {
  int status = 0;
  // A wait that Asio ends says nothing yet: it may have been another descriptor's event, whose closed state this
  // one took over. Blocking in waitpid would then hold up the whole process.
  while (!reaped_) {
    auto ending = pid_fd_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    const auto [error] = co_await std::move(ending);
    if (error) co_return "unknown: " + error.message();
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != pid_) {
      continue;
    }
    kill();  // its children, while the group still has the number
    reaped_ = ::waitpid(pid_, &status, WNOHANG) == pid_;
  }
  if (WIFSIGNALED(status)) {
    co_return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  }
  exit_code_ = WEXITSTATUS(status);
  co_return "exit " + std::to_string(*exit_code_);
}

// Waits and reads apart: bytes that Asio has read, but not yet handed over, would be missing when the child ends.
asio::awaitable<void> ChildProcess::collect(std::shared_ptr<Output> output) {
  while (output->read()) {
    auto waiting =
        output->pipe.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    const auto [error] = co_await std::move(waiting);
    if (error) co_return;
  }
}

std::string ChildProcess::output() const {
  output_->read();
  return output_->text;
}

}  // namespace tinyrig
