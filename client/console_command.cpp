// tinyrig board console: a board's serial line on this terminal.
#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "client/borrowed_board.h"
#include "client/commands.h"
#include "client/duration.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/table.h"
#include "tinyrig/v1/board_access.grpc.pb.h"

namespace tinyrig::client {
namespace {

using SteadyClock = std::chrono::steady_clock;
using ConsoleCall = grpc::ClientReaderWriter<v1::OpenConsoleRequest, v1::OpenConsoleResponse>;

constexpr char kEscape = 0x1D;  // Ctrl-], as telnet has it

void say_beside(const std::string& text) { std::fprintf(stderr, "%s\r\n", printable(text).c_str()); }

// Keys reach the board as they are pressed, Ctrl-C too; the terminal is as before when this ends.
class RawTerminal {
 public:
  RawTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    is_terminal_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawTerminal() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  bool is_terminal_ = false;
};

// What another thread tells one that polls.
class Signal {
 public:
  Signal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Signal() { ::close(fd_); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  int fd() const { return fd_; }
  void give() const { static_cast<void>(::eventfd_write(fd_, 1)); }

 private:
  const int fd_;
};

bool write_all(const std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) at += static_cast<std::size_t>(count);
  }
  return true;
}

// Both directions of one console: the board's bytes on a thread of their own, the keys on the caller's.
class Console {
 public:
  Console(ConsoleCall& call, const RawTerminal& terminal, std::chrono::milliseconds quiet)
      : call_(call), terminal_(terminal), quiet_(quiet) {}

  void run() {
    std::thread from_board([this] { listen(); });
    if (wait_for_opening()) type();
    call_.WritesDone();
    from_board.join();
  }
  void interrupt() { leave_.give(); }

 private:
  void listen() {
    v1::OpenConsoleResponse message;
    while (call_.Read(&message)) {
      if (message.has_opened()) {
        last_byte_ns_ = SteadyClock::now().time_since_epoch().count();
        opened_.give();
        say_beside(message.opened().port() + " at " + std::to_string(message.opened().baud_rate()) + " baud" +
                   (terminal_.is_terminal() ? "; Ctrl-] leaves" : ""));
      } else {
        last_byte_ns_ = SteadyClock::now().time_since_epoch().count();
        if (!write_all(message.data())) break;
      }
    }
    leave_.give();
  }

  bool wait_for_opening() const {
    std::array<pollfd, 2> waits = {{{leave_.fd(), POLLIN, 0}, {opened_.fd(), POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    return (waits[0].revents & POLLIN) == 0;
  }

  // Until the escape key, an interrupt, the end of the call; of input that has an end, until the board is quiet then.
  void type() {
    std::array<pollfd, 2> waits = {{{leave_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    std::array<char, 4096> keys{};
    for (;;) {
      const bool ended = waits[1].fd < 0;
      const int ready = ::poll(waits.data(), waits.size(), ended ? static_cast<int>(left_of_quiet().count()) : -1);
      if (ready < 0 && errno == EINTR) continue;
      if ((waits[0].revents & POLLIN) != 0) return;
      if (ended && left_of_quiet().count() == 0) return;
      if (waits[1].revents == 0) continue;
      const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
      if (count <= 0) {
        last_byte_ns_ = SteadyClock::now().time_since_epoch().count();
        waits[1].fd = -1;
        continue;
      }
      std::string bytes(keys.data(), static_cast<std::size_t>(count));
      const std::size_t escape = terminal_.is_terminal() ? bytes.find(kEscape) : std::string::npos;
      v1::OpenConsoleRequest request;
      request.set_data(bytes.substr(0, escape));
      if (!request.data().empty() && !call_.Write(request)) return;
      if (escape != std::string::npos) return;
    }
  }

  std::chrono::milliseconds left_of_quiet() const {
    const SteadyClock::time_point last{SteadyClock::duration(last_byte_ns_)};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(last + quiet_ - SteadyClock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }

  ConsoleCall& call_;
  const RawTerminal& terminal_;
  const std::chrono::milliseconds quiet_;
  const Signal leave_;
  const Signal opened_;
  std::atomic<std::int64_t> last_byte_ns_ = 0;
};

}  // namespace

ExitCode board_console(const GlobalOptions& global, const ConsoleOptions& options) {
  const auto seconds = parse_duration(options.duration);
  if (!seconds.has_value()) {
    return report_usage("--for " + printable(options.duration) + ": give a number and s, m, h or d, such as 90m or 2h");
  }
  InterruptWatch interrupt;
  const Connection connection(global.server);
  BorrowedBoard board(connection, interrupt, options.board);
  if (const ExitCode taken = board.take(options.token, options.owner, "console", *seconds); taken != kOk) return taken;

  const auto stub = connection.stub<v1::BoardAccessService>();
  grpc::ClientContext context;
  const auto call = stub->OpenConsole(&context);
  v1::OpenConsoleRequest request;
  *request.mutable_start()->mutable_access() = board.access();
  request.mutable_start()->set_baud_rate(options.baud_rate);
  call->Write(request);  // what becomes of it is told by Finish()
  grpc::Status status;
  {
    const RawTerminal terminal;
    Console console(*call, terminal, std::chrono::milliseconds(options.quiet_ms));
    interrupt.on_interrupt([&console] { console.interrupt(); });
    console.run();
    status = call->Finish();
    interrupt.on_interrupt(nullptr);
  }
  if (!status.ok()) return report(failure_of(status, context, connection.server()));
  return interrupt.interrupted() ? kDetached : kOk;
}

}  // namespace tinyrig::client
