#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/farm/audit.h"
#include "tests/bench/farm/line_times.h"

namespace tinyrig::bench {
namespace {

using ::testing::ElementsAre;

// A run until 1,000 whose last answer came at 990; the next begins at 1,010 and asks first at 1,015.
LineTimes line() {
  LineTimes times;
  times.from_host(500);  // before the board has said anything: nothing to measure from
  times.from_board(700);
  times.from_host(710);
  times.from_board(980);
  times.from_board(990);
  times.from_host(1'015);
  times.from_host(1'020);
  times.from_board(1'500);
  return times;
}

TEST(LineTimes, AGapIsFromTheBoardsLastByteToTheHostsFirst) { EXPECT_EQ(line().gap_us(1'000, 1'010, 2'000), 25); }

TEST(LineTimes, WhatTheLineDoesNotShowIsNoGap) {
  EXPECT_EQ(line().gap_us(1'000, 1'016, 2'000), std::nullopt) << "the host said nothing after that";
  EXPECT_EQ(line().gap_us(1'000, 1'010, 1'014), std::nullopt) << "the next run had ended before";
  EXPECT_EQ(line().gap_us(985, 1'010, 2'000), std::nullopt) << "the board spoke again in between";
  EXPECT_EQ(LineTimes().gap_us(1'000, 1'010, 2'000), std::nullopt);
}

class ThroughputTest : public ::testing::Test {
 protected:
  // Two boards, a window of one second; `b` has nothing to do.
  Throughput of(std::vector<Attempt> attempts) const {
    return throughput({{"a", std::move(attempts)}}, {{"a", line()}, {"b", {}}}, {0, 1'000'000});
  }
};

TEST_F(ThroughputTest, CountsGapsBusyTimeAndRuns) {
  const Throughput seen = of({{0, 1'000, true}, {1'010, 500'000, true}});
  EXPECT_THAT(seen.gaps_ms, ElementsAre(0.025));
  EXPECT_EQ(seen.unseen_gaps, 0U);
  EXPECT_DOUBLE_EQ(seen.runs_per_second, 2);
  EXPECT_NEAR(seen.busy_share, 0.49999 / 2, 1e-9);
}

TEST_F(ThroughputTest, ABoardThatFailedIsNotFree) {
  const Throughput seen = of({{0, 1'000, false}, {1'010, 500'000, true}});
  EXPECT_TRUE(seen.gaps_ms.empty());
  EXPECT_DOUBLE_EQ(seen.runs_per_second, 1) << "a failed attempt is no run";
}

TEST_F(ThroughputTest, OnlyWhatLiesInTheWindow) {
  const Throughput seen = of({{999'000, 1'500'000, true}, {1'600'000, 1'700'000, true}});
  EXPECT_TRUE(seen.gaps_ms.empty());
  EXPECT_DOUBLE_EQ(seen.runs_per_second, 0);
  EXPECT_NEAR(seen.busy_share, 0.001 / 2, 1e-9);
}

TEST_F(ThroughputTest, SaysWhatItCouldNotSee) {
  EXPECT_EQ(of({{0, 1'000, true}, {1'016, 500'000, true}}).unseen_gaps, 1U);
}

}  // namespace
}  // namespace tinyrig::bench
