// A deadline that passes in the very moment in which bytes come.
#include "server/link/fd_transport.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <vector>

namespace tinyrig::link {
namespace {

using namespace std::chrono_literals;
using Clock = Transport::Clock;

class FdTransportTest : public ::testing::Test {
 protected:
  FdTransportTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    peer_ = ends[1];
    transport_ = std::make_unique<FdTransport>(io_.get_executor(), ends[0], "line");
  }
  ~FdTransportTest() override { ::close(peer_); }

  using Answer = absl::StatusOr<std::size_t>;

  // One read after the other, as a session does, in one go: what the first leaves behind runs in the second.
  boost::asio::awaitable<void> read(std::vector<Clock::time_point> deadlines, bool then_gone) {
    for (const Clock::time_point deadline : deadlines) {
      Answer answer = co_await transport_->read_some(buffer_, deadline);
      answers_.push_back(std::move(answer));
    }
    if (then_gone) transport_.reset();
  }
  // The first read's time is over before it waits, and its byte is there too when the context looks for either.
  void read_as_time_runs_out(std::vector<Clock::time_point> more, bool then_gone) {
    more.insert(more.begin(), Clock::now());
    boost::asio::co_spawn(io_, read(std::move(more), then_gone), boost::asio::detached);
    io_.run_one();  // until it waits
    peer_sends();
    io_.poll();
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_TRUE(answers_[0].ok()) << answers_[0].status();
  }
  // More than the peer takes; then the peer says something.
  boost::asio::awaitable<void> write_too_much(absl::Status& written) {
    const std::vector<std::uint8_t> much(4 << 20);
    written = co_await transport_->write(much, Clock::now() + 1ms);
    EXPECT_TRUE(answers_.empty());
    peer_sends();
  }
  void peer_sends() { ASSERT_EQ(::write(peer_, "x", 1), 1); }

  boost::asio::io_context io_;
  int peer_ = -1;
  std::unique_ptr<FdTransport> transport_;
  std::array<std::uint8_t, 8> buffer_{};
  std::vector<Answer> answers_;
};

TEST_F(FdTransportTest, ALateTimerLeavesTheNextWaitAlone) {
  read_as_time_runs_out({Clock::now() + 1h}, false);
  peer_sends();
  io_.run();
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_TRUE(answers_[1].ok()) << "cut off by the timer of the read before: " << answers_[1].status();
}

// The sanitizers look at this.
TEST_F(FdTransportTest, ALateTimerFindsNoTransport) {
  read_as_time_runs_out({}, true);
  io_.run();
  EXPECT_EQ(transport_, nullptr);
}

TEST_F(FdTransportTest, AReadEndsAtItsDeadline) {
  boost::asio::co_spawn(io_, read(std::vector{Clock::now()}, false), boost::asio::detached);
  io_.run();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers_[0].status())) << answers_[0].status();
}

// The peer takes nothing: the write runs out of time, which cancels both waits, and the read waits on.
TEST_F(FdTransportTest, AWriteThatRunsOutOfTimeLeavesTheReadAlone) {
  boost::asio::co_spawn(io_, read(std::vector{Clock::now() + 1h}, false), boost::asio::detached);
  io_.run_one();
  absl::Status written;
  boost::asio::co_spawn(io_, write_too_much(written), boost::asio::detached);
  io_.run();
  EXPECT_TRUE(absl::IsDeadlineExceeded(written)) << written;
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0].ok()) << answers_[0].status();
}

}  // namespace
}  // namespace tinyrig::link
