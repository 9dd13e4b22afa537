#include "server/jobs/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace tinyrig::jobs {
namespace {

TEST(Base32, SortsAsTheNumberDoes) {
  EXPECT_EQ(base32(0), "0000000000000");
  EXPECT_EQ(base32(31), "000000000000z");
  EXPECT_EQ(base32(32), "0000000000010");
  EXPECT_EQ(base32(~0ull), "fzzzzzzzzzzzz");
  EXPECT_LT(base32(999), base32(1'000));
  EXPECT_LT(base32(1ull << 40), base32(1ull << 41));
}

TEST(TimeSortedIds, AreUniqueAndRiseWithinOneMillisecond) {
  const ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
  TimeSortedIds ids(clock);
  std::set<std::string> seen;
  std::string before;
  for (int i = 0; i < 100'000; ++i) {
    const std::string id = ids.next("r-");
    ASSERT_GT(id, before);
    before = id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 100'000u);
  EXPECT_EQ(before.size(), 15u);
}

TEST(TimeSortedIds, SortByTimeAcrossDaemons) {
  ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
  const std::string first = TimeSortedIds(clock).next("j-");
  clock.advance(absl::Milliseconds(1));
  const std::string later = TimeSortedIds(clock).next("j-");
  EXPECT_LT(first, later);
}

TEST(TimeSortedIds, RiseEvenWhenTheClockIsSetBack) {
  ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
  TimeSortedIds ids(clock);
  const std::string first = ids.next("j-");
  clock.advance(-absl::Hours(1));
  EXPECT_GT(ids.next("j-"), first);
}

}  // namespace
}  // namespace tinyrig::jobs
