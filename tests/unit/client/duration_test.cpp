#include "client/duration.h"

#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

TEST(ParseDuration, ANumberAndAUnit) {
  EXPECT_EQ(parse_duration("30s"), 30);
  EXPECT_EQ(parse_duration("90m"), 5'400);
  EXPECT_EQ(parse_duration("2h"), 7'200);
  EXPECT_EQ(parse_duration("7d"), 604'800);
  EXPECT_EQ(parse_duration("1000d"), 86'400'000);
}

TEST(ParseDuration, NothingElse) {
  for (const char* text : {"", "h", "2", "0s", "-1h", "2 h", "2hh", "2w", "1.5h", "1001d", "99999999999999999999s",
                           "9223372036854775807d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tinyrig::client
