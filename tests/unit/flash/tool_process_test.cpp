// Tools that end, hang, ignore signals, leave children behind, flood their output.
#include "server/flash/tool_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "server/base/error.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

ToolRun shell(const std::string& script, milliseconds deadline = std::chrono::minutes(1)) {
  return {.argv = {"/bin/sh", "-c", script}, .deadline = deadline, .grace = milliseconds(100)};
}

class ToolProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-tool.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fifo_ = (folder_ / "fifo").string();
    ASSERT_EQ(::mkfifo(fifo_.c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<ToolEnd> run(ToolRun tool) { return test::run(io_, tool_.run(std::move(tool))); }

  // Calls `then` with the first number that the tool writes to the fifo.
  void when_told(std::function<void(pid_t)> then) {
    auto pipe = std::make_shared<asio::posix::stream_descriptor>(io_, ::open(fifo_.c_str(), O_RDWR | O_CLOEXEC));
    auto line = std::make_shared<std::string>();
    asio::async_read_until(*pipe, asio::dynamic_buffer(*line), '\n',
                           [pipe, line, then](const boost::system::error_code& error, std::size_t) {
                             if (!error) then(static_cast<pid_t>(std::stol(*line)));
                           });
  }

  // Has the process ended, or does it within ten seconds?
  static bool is_gone(pid_t pid) {
    const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pid_fd < 0) return errno == ESRCH;
    pollfd ended{pid_fd, POLLIN, 0};
    const int count = ::poll(&ended, 1, 10'000);
    ::close(pid_fd);
    return count == 1;
  }

  std::filesystem::path folder_;
  std::string fifo_;
  asio::io_context io_;
  ToolProcess tool_;
};

TEST_F(ToolProcessTest, KeepsBothOutputsInOrderAndTheExitCode) {
  const auto end = run(shell("echo one; echo two >&2; echo three; exit 3"));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(end->how, "exit 3");
  EXPECT_EQ(end->output, "one\ntwo\nthree\n");
  EXPECT_FALSE(end->timed_out);
}

TEST_F(ToolProcessTest, NothingIsReadByAShell) {
  const auto end = run({.argv = {"/bin/echo", "$HOME `id`", "; exit 9", "*"}});
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->output, "$HOME `id` ; exit 9 *\n");
}

TEST_F(ToolProcessTest, SpeaksTheLanguageThatWeRead) {
  ::setenv("LC_ALL", "de_DE.UTF-8", 1);
  const auto end = run(shell("echo $LC_ALL"));
  ::unsetenv("LC_ALL");
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->output, "C\n");
}

TEST_F(ToolProcessTest, ATimeThatIsOverEndsTheTool) {
  const auto end = run(shell("echo begun; exec sleep 1000", milliseconds(200)));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->timed_out);
  EXPECT_EQ(end->exit_code, std::nullopt);
  EXPECT_EQ(end->how, "signal 15 (Terminated)");
  EXPECT_EQ(end->output, "begun\n");
}

TEST_F(ToolProcessTest, AToolThatIgnoresTheAskingIsKilled) {
  const auto end = run(shell("trap '' TERM; while :; do sleep 1000; done", milliseconds(100)));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->timed_out);
  EXPECT_EQ(end->how, "signal 9 (Killed)");
}

TEST_F(ToolProcessTest, StopEndsItWithCancelled) {
  when_told([this](pid_t) { tool_.stop(); });
  const auto end = run(shell("echo $$ > " + fifo_ + "; exec sleep 1000"));
  EXPECT_EQ(end.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ToolProcessTest, CancellingTheCoroutineEndsTheToolFirst) {
  asio::cancellation_signal cancel;
  pid_t pid = 0;
  when_told([&](pid_t told) {
    pid = told;
    cancel.emit(asio::cancellation_type::terminal);
  });
  std::optional<absl::StatusOr<ToolEnd>> end;
  asio::co_spawn(io_, tool_.run(shell("echo $$ > " + fifo_ + "; exec sleep 1000")),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, absl::StatusOr<ToolEnd> value) {
                   end = std::move(value);
                   EXPECT_TRUE(is_gone(pid));
                 }));
  io_.run();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ToolProcessTest, WhatItLeftBehindEndsWithIt) {
  pid_t child = 0;
  when_told([&](pid_t told) { child = told; });
  // The child keeps the output open, and ignores the asking.
  const auto end = run(shell("(trap '' TERM HUP; sleep 1000) & echo $! > " + fifo_ + "; exit 5"));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->exit_code, 5);
  io_.restart();
  io_.poll();
  ASSERT_GT(child, 0);
  EXPECT_TRUE(is_gone(child));
}

TEST_F(ToolProcessTest, InheritsNoDescriptor) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // as a library opens them: without close-on-exec
  ASSERT_GT(leaked, 2);
  const auto end = run(shell("[ ! -e /proc/$$/fd/" + std::to_string(leaked) + " ] && echo closed"));
  ::close(leaked);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->output, "closed\n");
}

TEST_F(ToolProcessTest, KeepsTheEndOfMuchOutput) {
  const auto end = run(shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"));
  ASSERT_TRUE(end.ok());
  EXPECT_LE(end->output.size(), 8192U);
  EXPECT_EQ(end->output.substr(end->output.size() - 11), "line 19999\n");
}

TEST_F(ToolProcessTest, SaysWhatIsNotInstalled) {
  const auto end = run({.argv = {"no-such-flasher-anywhere"}});
  EXPECT_EQ(reason_of(end.status()), "PROGRAM_MISSING");
  EXPECT_THAT(std::string(end.status().message()), HasSubstr("no-such-flasher-anywhere"));
}

TEST_F(ToolProcessTest, RunsOneAfterAnother) {
  for (int i = 0; i < 20; ++i) {
    const auto end = run(shell("exit " + std::to_string(i)));
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(end->exit_code, i);
  }
}

}  // namespace
}  // namespace tinyrig::flash
