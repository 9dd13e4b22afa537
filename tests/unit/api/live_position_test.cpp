#include <gtest/gtest.h>

#include "server/api/live_socket.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

TEST(LivePosition, FromNowOn) {
  const auto position = parse_live_position("");
  ASSERT_TRUE(position.ok());
  EXPECT_FALSE(position->after_sequence.has_value());
}

TEST(LivePosition, Resume) {
  const auto position = parse_live_position("after=1788888888888&epoch=ab12");
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->after_sequence, 1788888888888U);
  EXPECT_EQ(position->epoch, "ab12");
}

TEST(LivePosition, Nonsense) {
  for (const char* query : {"after", "after=", "after=-1", "after=1x", "after=99999999999999999999", "since=1", "&",
                            "epoch=", "epoch=0123456789012345678901234567890123", "after=1&&epoch=a"}) {
    EXPECT_EQ(reason_of(parse_live_position(query).status()), "LIVE_POSITION_INVALID") << query;
  }
}

}  // namespace
}  // namespace tinyrig::api
