// `tinyrig top` in a terminal: it takes the whole screen, follows what happens, waits for a daemon that is away, and
// leaves everything as it was.
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <utility>

#include "tests/integration/api/api_fixture.h"

namespace tinyrig::api {
namespace {

constexpr char kEnter[] = "\x1b[?1049h";
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";

// `tinyrig top` behind a terminal of 80 columns and 24 rows.
class TopInTerminal {
 public:
  explicit TopInTerminal(const std::string& server) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = 80;
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::execl(TINYRIG_CLI, TINYRIG_CLI, "--server", server.c_str(), "top", static_cast<char*>(nullptr));
      ::_exit(127);
    }
  }
  ~TopInTerminal() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(terminal_);
  }
  TopInTerminal(const TopInTerminal&) = delete;
  TopInTerminal& operator=(const TopInTerminal&) = delete;

  // Reads on until it has shown that, since the last time; false when it ended before.
  bool shows(const std::string& text) {
    while (screen_.find(text, seen_) == std::string::npos) {
      if (!read_more()) return false;
    }
    seen_ = screen_.find(text, seen_) + text.size();
    return true;
  }
  void type(const std::string& keys) const {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short columns, unsigned short rows) const {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    EXPECT_EQ(::ioctl(terminal_, TIOCSWINSZ, &size), 0);
  }
  // Its exit code, once it has ended by itself.
  int end() {
    while (read_more()) {
    }
    int status = -1;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& screen() const { return screen_; }

 private:
  bool read_more() {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(terminal_, bytes.data(), bytes.size());  // fails when the other end is closed
    if (count <= 0) return false;
    screen_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  int terminal_ = -1;
  pid_t child_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

class TopTest : public ApiTest {
 protected:
  std::string server() const { return "127.0.0.1:" + std::to_string(api_->grpc_port()); }
};

TEST_F(TopTest, FollowsTheFarmAndLeavesTheTerminalAsItWas) {
  TopInTerminal top(server());
  ASSERT_TRUE(top.shows(kEnter));
  ASSERT_TRUE(top.shows("boards: 2 (2 emulated), 2 idle")) << top.screen();
  submit_digits("big-1");
  ASSERT_TRUE(top.shows("runs queued: 1, jobs open: 1")) << top.screen();
  play_boards();
  ASSERT_TRUE(top.shows("runs queued: 0, jobs open: 0, runs per minute: 0.2")) << top.screen();
  ASSERT_TRUE(top.shows("succeeded")) << top.screen();
  top.resize(40, 10);
  ASSERT_TRUE(top.shows("BOARD    KIND      STATE\x1b[K")) << top.screen();
  top.type("\x03");  // Ctrl-C
  EXPECT_EQ(top.end(), 0);
  EXPECT_TRUE(top.screen().ends_with(kLeave)) << top.screen();
}

TEST_F(TopTest, WaitsForADaemonThatIsAway) {
  TopInTerminal top(server());
  ASSERT_TRUE(top.shows("2 idle"));
  config_.grpc_listen = server();  // the same again
  api_.reset();
  ASSERT_TRUE(top.shows("! the daemon has not answered for")) << top.screen();
  v1::Board board = directory_->boards()[0];
  board.set_activity(v1::ACTIVITY_BUSY);
  directory_->update(board);
  start_api();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(top.shows("boards: 2 (2 emulated), 1 idle, 1 busy")) << top.screen();
  top.type("q");
  EXPECT_EQ(top.end(), 0);
  EXPECT_TRUE(top.screen().ends_with(kLeave)) << top.screen();
}

}  // namespace
}  // namespace tinyrig::api
