#include "emulator/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::emulator {
namespace {

namespace asio = boost::asio;

absl::Status failed(const std::string& what, int error) {
  return make_error(absl::StatusCode::kInternal, "PROCESS_FAILED", what + ": " + std::strerror(error),
                    "the machine may be out of processes, descriptors or memory");
}

// In the child, between fork and exec: async-signal-safe calls only. Tells errno through `report`.
[[noreturn]] void become(const ChildOptions& options, char* const* argv, int stderr_fd, int report, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before prctl
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();  // signals of the terminal are for the launcher alone

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
  const int high_stderr = ::fcntl(stderr_fd, F_DUPFD_CLOEXEC, kHigh);
  if (::dup2(high_null, 0) < 0 || ::dup2(high_null, 1) < 0 || ::dup2(high_stderr, 2) < 0) give_up();
  const int first_free = 3 + static_cast<int>(options.inherited.size());
  for (int i = 3; i < first_free; ++i) {
    if (::dup2(source[i - 3], i) < 0) give_up();
  }
  // Every other descriptor of ours is closed at exec; those that a library forgot to mark, too.
  constexpr unsigned kCloseRangeCloexec = 1U << 2;
  ::syscall(SYS_close_range, static_cast<unsigned>(first_free), ~0U, kCloseRangeCloexec);
  ::execvp(argv[0], argv);
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
  int report[2], error_pipe[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return failed("pipe", errno);
  Fd report_read(report[0]), report_write(report[1]);
  if (::pipe2(error_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return failed("pipe", errno);
  Fd error_read(error_pipe[0]), error_write(error_pipe[1]);
  ::fcntl(error_write.get(), F_SETFL, 0);  // the child's end may block

  std::vector<char*> argv;
  for (const std::string& argument : options.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork", errno);
  if (pid == 0) become(options, argv.data(), error_write.get(), report_write.get(), parent);

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
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(executor), pid, pid_fd, error_read.release()));
}

struct ChildProcess::ErrorOutput {
  ErrorOutput(const asio::any_io_executor& executor, int fd) : pipe(executor, fd) {}

  asio::posix::stream_descriptor pipe;
  std::string text;
};

ChildProcess::ChildProcess(asio::any_io_executor executor, pid_t pid, int pid_fd, int stderr_fd)
    : pid_(pid), pid_fd_(executor, pid_fd), output_(std::make_shared<ErrorOutput>(executor, stderr_fd)) {
  asio::co_spawn(executor, collect(output_), asio::detached);
}

ChildProcess::~ChildProcess() {
  boost::system::error_code ignored;
  output_->pipe.close(ignored);
  if (reaped_) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::kill() {
  if (!reaped_) ::kill(pid_, SIGKILL);
}

asio::awaitable<std::string> ChildProcess::wait_for_end() {
  int status = 0;
  // A wait that Asio ends says nothing yet: it may have been another descriptor's event, whose closed state this
  // one took over. Blocking in waitpid would then hold up the whole launcher.
  while (!reaped_) {
    auto ending = pid_fd_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    const auto [error] = co_await std::move(ending);
    if (error) co_return "unknown: " + error.message();
    reaped_ = ::waitpid(pid_, &status, WNOHANG) == pid_;
  }
  if (WIFSIGNALED(status)) {
    co_return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  }
  co_return "exit " + std::to_string(WEXITSTATUS(status));
}

asio::awaitable<void> ChildProcess::collect(std::shared_ptr<ErrorOutput> output) {
  std::array<char, 4096> buffer;
  for (;;) {
    auto reading = output->pipe.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    const auto [error, count] = co_await std::move(reading);
    if (error) co_return;
    output->text.append(buffer.data(), count);
    constexpr std::size_t kKept = 8192;
    if (output->text.size() > kKept) output->text.erase(0, output->text.size() - kKept);
  }
}

std::string ChildProcess::error_output() const {
  // What still lies in the pipe of a child that just ended.
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(output_->pipe.native_handle(), buffer, sizeof buffer);
    if (count <= 0) return output_->text;
    output_->text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace tinyrig::emulator
