#include "server/boards/counter_check.h"

#include <gtest/gtest.h>

#include <vector>

namespace tinyrig::boards {
namespace {

TEST(ClockRate, IsThatOfTheCallsThatWereDelayedLeast) {
  const std::vector<TimedLoop> brief = {{0.001, 0.020}, {0.001, 0.005}, {0.001, 0.400}};  // 4 ms to and fro
  EXPECT_NEAR(clock_rate(brief, {{2.201, 2.5}, {2.201, 2.205}, {2.201, 2.3}}), 1.0, 1e-9);
  EXPECT_NEAR(clock_rate(brief, {{2.1567, 2.6}, {2.1567, 2.205}}), 0.97986, 1e-4);
  EXPECT_NEAR(clock_rate(brief, {{2.245, 2.205}}), 1.02, 1e-9);
}

// Such a delay may make a sound clock seem slow, and never a slow one sound.
TEST(ClockRate, DelaysMakeAClockSeemSlower) {
  const std::vector<TimedLoop> brief = {{0.001, 0.005}};
  EXPECT_LT(clock_rate(brief, {{2.201, 2.300}}), 0.99);
  EXPECT_LT(clock_rate(brief, {{2.157, 2.210}}), 0.98);
}

}  // namespace
}  // namespace tinyrig::boards
