// Turns at flashing: never more than allowed, in order, each sooner or later.
#include "server/flash/flash_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "server/base/use_tuple.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;

// Flashes until it is told to end.
class PatientFlasher : public Flasher {
 public:
  PatientFlasher(int number, std::vector<int>& started) : number_(number), started_(started) {}

  asio::awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage&, Progress) override {
    started_.push_back(number_);
    timer_.emplace(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    auto waiting = timer_->async_wait(kUseTuple);
    co_await std::move(waiting);
    if (cancelled_) co_return absl::CancelledError("stopped");
    co_return FlashReport{};
  }
  asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t, std::size_t) override {
    co_return std::vector<std::uint8_t>{7};
  }
  asio::awaitable<absl::Status> reset() override { co_return absl::OkStatus(); }
  bool can_reset() const override { return true; }
  void cancel() override {
    cancelled_ = true;
    end();
  }
  void end() {
    if (timer_.has_value()) timer_->cancel();
  }

 private:
  const int number_;
  std::vector<int>& started_;
  std::optional<asio::steady_timer> timer_;
  bool cancelled_ = false;
};

class FlashTurnsTest : public ::testing::Test {
 protected:
  struct Board {
    PatientFlasher* inner;
    std::unique_ptr<Flasher> flasher;
    std::optional<absl::Status> end;
  };

  // A board that wants to be flashed.
  void ask(const std::string& controller, asio::io_context* io = nullptr) {
    auto inner = std::make_unique<PatientFlasher>(static_cast<int>(boards_.size()), started_);
    PatientFlasher* const known = inner.get();
    auto board = std::make_unique<Board>(
        Board{known, make_turn_taking_flasher(std::move(inner), turns_, [controller] { return controller; }), {}});
    asio::co_spawn(io == nullptr ? io_ : *io, board->flasher->flash(image_, {}),
                   [board = board.get()](std::exception_ptr, absl::StatusOr<FlashReport> report) {
                     board->end = report.status();
                   });
    boards_.push_back(std::move(board));
    go_on();
  }
  void end(std::size_t board) {
    boards_[board]->inner->end();
    go_on();
  }
  void cancel(std::size_t board) {
    boards_[board]->flasher->cancel();
    go_on();
  }
  void go_on() {
    io_.restart();
    io_.poll();
  }

  asio::io_context io_;
  const FirmwareImage image_{};
  std::vector<int> started_;
  std::shared_ptr<FlashTurns> turns_ = std::make_shared<FlashTurns>(2);
  std::vector<std::unique_ptr<Board>> boards_;
};

TEST_F(FlashTurnsTest, AsManyAsAllowedInTheOrderInWhichTheyAsked) {
  for (int i = 0; i < 5; ++i) ask("a");
  EXPECT_THAT(started_, ElementsAre(0, 1));
  end(1);
  EXPECT_THAT(started_, ElementsAre(0, 1, 2));
  EXPECT_TRUE(boards_[1]->end.has_value() && boards_[1]->end->ok());
  end(2);
  end(0);
  EXPECT_THAT(started_, ElementsAre(0, 1, 2, 3, 4));
  end(3);
  end(4);
  for (const auto& board : boards_) EXPECT_TRUE(board->end.has_value() && board->end->ok());
}

TEST_F(FlashTurnsTest, ControllersDoNotWaitForEachOther) {
  for (const char* controller : {"a", "a", "a", "b", "", "", ""}) ask(controller);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3, 4, 5, 6));
  end(3);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3, 4, 5, 6));
  end(0);
  EXPECT_EQ(started_.back(), 2);
}

TEST_F(FlashTurnsTest, OneThatIsCancelledLeavesNoHole) {
  for (int i = 0; i < 5; ++i) ask("a");
  cancel(2);  // waits
  ASSERT_TRUE(boards_[2]->end.has_value());
  EXPECT_EQ(boards_[2]->end->code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(started_, ElementsAre(0, 1));
  cancel(0);  // is at it
  EXPECT_EQ(boards_[0]->end->code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3));
  end(1);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3, 4));
}

TEST_F(FlashTurnsTest, OneThatIsCancelledAsItsTurnComesHandsItOn) {
  for (int i = 0; i < 4; ++i) ask("a");
  boards_[0]->inner->end();
  io_.restart();
  io_.run_one();                  // it ends
  boards_[2]->flasher->cancel();  // its turn has come, and it does not know yet
  go_on();
  EXPECT_EQ(boards_[2]->end->code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3));
}

TEST_F(FlashTurnsTest, OneThatIsGoneLeavesNoHole) {
  ask("a");
  ask("a");
  auto gone = std::make_unique<asio::io_context>();
  ask("a", gone.get());
  gone->poll();
  ask("a");
  gone.reset();
  end(0);
  EXPECT_THAT(started_, ElementsAre(0, 1, 3));
}

TEST_F(FlashTurnsTest, OtherCallsDoNotWait) {
  for (int i = 0; i < 3; ++i) ask("a");
  std::optional<bool> read;
  asio::co_spawn(io_, boards_[2]->flasher->read(0, 1),
                 [&](std::exception_ptr, absl::StatusOr<std::vector<std::uint8_t>> bytes) {
                   read = bytes.ok() && bytes->front() == 7;
                 });
  go_on();
  EXPECT_EQ(read, true);
  EXPECT_TRUE(boards_[2]->flasher->can_reset());
}

// Of boards on threads: gives its place up and takes it again a few times, as waiting for a device does.
class BusyFlasher : public Flasher {
 public:
  BusyFlasher(std::atomic<int>& now, std::atomic<int>& most) : now_(now), most_(most) {}

  asio::awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage&, Progress) override {
    const auto executor = co_await asio::this_coro::executor;
    const int at_it = ++now_;
    for (int most = most_; at_it > most && !most_.compare_exchange_weak(most, at_it);) {
    }
    for (int i = 0; i < 20; ++i) {
      auto yielding = asio::post(executor, asio::use_awaitable);
      co_await std::move(yielding);
    }
    --now_;
    co_return FlashReport{};
  }
  asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t, std::size_t) override {
    co_return std::vector<std::uint8_t>();
  }
  asio::awaitable<absl::Status> reset() override { co_return absl::OkStatus(); }
  bool can_reset() const override { return false; }
  void cancel() override {}

 private:
  std::atomic<int>& now_;
  std::atomic<int>& most_;
};

TEST(FlashTurns, BoardsOnManyThreadsAllGetTheirTurn) {
  constexpr int kBoards = 200, kAtOnce = 3;
  std::atomic<int> now = 0, most = 0;
  const auto turns = std::make_shared<FlashTurns>(kAtOnce);
  const FirmwareImage image{};
  std::vector<std::unique_ptr<Flasher>> flashers;
  std::vector<std::future<absl::StatusOr<FlashReport>>> ends;
  asio::thread_pool pool(4);
  for (int i = 0; i < kBoards; ++i) {
    flashers.push_back(
        make_turn_taking_flasher(std::make_unique<BusyFlasher>(now, most), turns, [] { return std::string("a"); }));
    ends.push_back(asio::co_spawn(asio::make_strand(pool), flashers.back()->flash(image, {}), asio::use_future));
  }
  for (auto& end : ends) EXPECT_TRUE(end.get().ok());
  EXPECT_LE(most, kAtOnce);
  EXPECT_EQ(now, 0);
  pool.join();
}

}  // namespace
}  // namespace tinyrig::flash
