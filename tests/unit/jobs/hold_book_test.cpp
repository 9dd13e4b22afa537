// Who keeps which board: one at a time, with a token, until the clock or somebody ends it; over restarts.
#include "server/jobs/hold_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "tests/support/store/full_disk_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::jobs {
namespace {

using store::BoardHold;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::wait_for;
using testing_support::wait_for_answer;

class HoldBookTest : public ::testing::Test {
 protected:
  HoldBookTest() : store_(*store::open_sqlite_store(folder_.path())), disk_(*store_), book_(make_book()) {}

  std::shared_ptr<HoldBook> make_book() {
    auto book = std::make_shared<HoldBook>(disk_, clock_);
    EXPECT_TRUE(book->load().ok());
    book->on_change([this](const std::string& board) { changed_.push_back(board); });
    return book;
  }
  absl::StatusOr<BoardHold> reserve(const std::string& board, absl::Duration duration = absl::Hours(1)) {
    return wait_for_answer<BoardHold>([&](store::DoneWith<BoardHold> done) {
      book_->hold({board, v1::HOLD_KIND_RESERVED, "ann@lab", "soldering", duration}, std::move(done));
    });
  }
  absl::StatusOr<BoardHold> renew(const std::string& token, absl::Duration duration) {
    return wait_for_answer<BoardHold>(
        [&](store::DoneWith<BoardHold> done) { book_->renew("b", token, duration, std::move(done)); });
  }
  absl::Status release(const std::string& token, bool force = false) {
    return wait_for([&](store::Done done) { book_->release("b", token, force, "bob@lab", std::move(done)); });
  }
  std::vector<std::string> log() {
    std::vector<std::string> texts;
    const auto lines = store_->board_log("b", 0);
    for (const v1::BoardLogLine& line : *lines) texts.push_back(line.text());
    return texts;
  }

  const testing_support::TemporaryFolder folder_;
  ManualClock clock_{testing_support::kTestTime};  // 2023-11-14 22:13:20 UTC
  std::unique_ptr<store::Store> store_;
  testing_support::FullDiskStore disk_;
  std::vector<std::string> changed_;
  std::shared_ptr<HoldBook> book_;
};

TEST_F(HoldBookTest, HandsOnABoardAskForItsReservationsToken) {
  EXPECT_EQ(reason_of(book_->check_use("b", "")), "BOARD_NOT_HELD");
  const auto mine = reserve("b");
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(reason_of(book_->check_use("b", "")), "RESERVATION_NOT_YOURS");
  EXPECT_EQ(reason_of(book_->check_use("b", "0123")), "RESERVATION_NOT_YOURS");
  EXPECT_TRUE(book_->check_use("b", mine->token).ok());
  clock_.advance(absl::Hours(1));
  EXPECT_EQ(reason_of(book_->check_use("b", mine->token)), "BOARD_NOT_HELD") << "its time is over";
  const auto drained = wait_for_answer<BoardHold>([&](store::DoneWith<BoardHold> done) {
    book_->hold({"b", v1::HOLD_KIND_MAINTENANCE, "bob@lab", "", std::nullopt}, std::move(done));
  });
  ASSERT_TRUE(drained.ok()) << drained.status();
  EXPECT_TRUE(book_->check_use("b", "").ok());
}

TEST_F(HoldBookTest, AReservationIsExclusiveUntilItsTokenEndsIt) {
  const auto mine = reserve("b");
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->token.size(), 32U);
  EXPECT_EQ(book_->hold_of("b")->owner(), "ann@lab");
  EXPECT_FALSE(book_->hold_of("other").has_value());

  const absl::Status second = reserve("b").status();
  EXPECT_EQ(reason_of(second), "BOARD_HELD");
  EXPECT_THAT(std::string(second.message()),
              HasSubstr("'b' is reserved by ann@lab until 2023-11-14 23:13:20 UTC: soldering"));
  EXPECT_EQ(reason_of(release("not the token")), "RESERVATION_NOT_YOURS");
  EXPECT_EQ(reason_of(release("")), "RESERVATION_NOT_YOURS");
  EXPECT_TRUE(release(mine->token).ok());
  EXPECT_FALSE(book_->hold_of("b").has_value());
  EXPECT_EQ(reason_of(release(mine->token)), "BOARD_NOT_HELD");
  const auto next = reserve("b");
  ASSERT_TRUE(next.ok());
  EXPECT_NE(next->token, mine->token);
  EXPECT_THAT(changed_, ElementsAre("b", "b", "b"));
  EXPECT_THAT(log(),
              ElementsAre("reserved by ann@lab until 2023-11-14 23:13:20 UTC: soldering",
                          "released by bob@lab; was reserved by ann@lab until 2023-11-14 23:13:20 UTC: soldering",
                          "reserved by ann@lab until 2023-11-14 23:13:20 UTC: soldering"));
}

TEST_F(HoldBookTest, ForceEndsAnothersReservation) {
  ASSERT_TRUE(reserve("b").ok());
  EXPECT_TRUE(release("", true).ok());
  EXPECT_FALSE(book_->hold_of("b").has_value());
}

TEST_F(HoldBookTest, TheClockEndsIt) {
  ASSERT_TRUE(reserve("b", absl::Minutes(10)).ok());
  clock_.advance(absl::Minutes(10) - absl::Seconds(1));
  EXPECT_TRUE(book_->hold_of("b").has_value());
  clock_.advance(absl::Seconds(1));
  EXPECT_FALSE(book_->hold_of("b").has_value());
  EXPECT_TRUE(reserve("b").ok()) << "somebody else's turn";
}

TEST_F(HoldBookTest, AClockThatIsSetBackDoesNotProlongIt) {
  const auto mine = reserve("b");
  ASSERT_TRUE(mine.ok());
  clock_.advance(-absl::Hours(24 * 400));
  ASSERT_TRUE(book_->hold_of("b").has_value());
  ASSERT_TRUE(wait_for([&](store::Done done) { store_->append_log({}, std::move(done)); }).ok());
  EXPECT_THAT(log().back(), HasSubstr("the clock went back: reserved by ann@lab"));
  clock_.advance(absl::Minutes(59));
  EXPECT_TRUE(book_->check_use("b", mine->token).ok());
  book_ = make_book();
  clock_.advance(absl::Minutes(1));
  EXPECT_FALSE(book_->hold_of("b").has_value()) << "an hour after it began, and remembered so";
  // What a time server corrects is no jump.
  ASSERT_TRUE(reserve("b").ok());
  clock_.advance(-absl::Seconds(5));
  const auto before = book_->hold_of("b")->expire_time();
  clock_.advance(absl::Minutes(10));
  EXPECT_EQ(book_->hold_of("b")->expire_time().seconds(), before.seconds());
}

TEST_F(HoldBookTest, RenewingCountsFromNowAndAsksForTheToken) {
  const auto mine = reserve("b", absl::Minutes(10));
  clock_.advance(absl::Minutes(9));
  EXPECT_EQ(reason_of(renew("wrong", absl::Hours(1)).status()), "RESERVATION_NOT_YOURS");
  const auto renewed = renew(mine->token, absl::Hours(1));
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_EQ(renewed->token, mine->token);
  clock_.advance(absl::Minutes(59));
  EXPECT_TRUE(book_->hold_of("b").has_value());
  clock_.advance(absl::Minutes(1));
  EXPECT_EQ(reason_of(renew(mine->token, absl::Hours(1)).status()), "BOARD_NOT_HELD");
}

TEST_F(HoldBookTest, WithoutADurationItLastsAndNeedsNoToken) {
  const auto drained = wait_for_answer<BoardHold>([&](store::DoneWith<BoardHold> done) {
    book_->hold({"b", v1::HOLD_KIND_MAINTENANCE, "ann@lab", "", std::nullopt}, std::move(done));
  });
  ASSERT_TRUE(drained.ok());
  clock_.advance(absl::Hours(24 * 365));
  EXPECT_EQ(hold_text(*book_->hold_of("b")), "in maintenance by ann@lab");
  EXPECT_EQ(reason_of(renew(drained->token, absl::Hours(1)).status()), "RESERVATION_NOT_YOURS");
  EXPECT_TRUE(release("").ok());
}

TEST_F(HoldBookTest, SurvivesARestartAndExpiresOverIt) {
  const auto mine = reserve("b", absl::Minutes(10));
  book_ = make_book();
  ASSERT_TRUE(book_->hold_of("b").has_value());
  EXPECT_EQ(book_->hold_of("b")->SerializeAsString(), mine->hold.SerializeAsString());
  EXPECT_EQ(reason_of(release("wrong")), "RESERVATION_NOT_YOURS");
  clock_.advance(absl::Minutes(10));
  book_ = make_book();
  EXPECT_FALSE(book_->hold_of("b").has_value());
}

TEST_F(HoldBookTest, WhatTheDiskRefusesDoesNotCount) {
  disk_.set_full(true);
  EXPECT_EQ(reason_of(reserve("b").status()), "DISK_FULL");
  EXPECT_FALSE(book_->hold_of("b").has_value());
  disk_.set_full(false);
  const auto mine = reserve("b");
  ASSERT_TRUE(mine.ok());
  disk_.set_full(true);
  EXPECT_EQ(reason_of(renew(mine->token, absl::Hours(9)).status()), "DISK_FULL");
  EXPECT_EQ(book_->hold_of("b")->SerializeAsString(), mine->hold.SerializeAsString());
  EXPECT_EQ(reason_of(release(mine->token)), "DISK_FULL");
  EXPECT_TRUE(book_->hold_of("b").has_value()) << "nor is it ended";
}

TEST_F(HoldBookTest, DurationsAreBounded) {
  for (const absl::Duration wrong : {absl::ZeroDuration(), absl::Milliseconds(999), -absl::Hours(1),
                                     absl::Hours(24 * 30) + absl::Seconds(1), absl::InfiniteDuration()}) {
    EXPECT_EQ(reason_of(reserve("b", wrong).status()), "HOLD_DURATION_INVALID") << wrong;
  }
  EXPECT_FALSE(book_->hold_of("b").has_value());
  EXPECT_TRUE(reserve("b", absl::Hours(24 * 30)).ok());
}

}  // namespace
}  // namespace tinyrig::jobs
