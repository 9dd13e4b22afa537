#include "server/boards/recovery_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::boards {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

struct LadderRead {
  std::vector<RecoveryStep> ladder;
  absl::Status status;
};

LadderRead read_ladder_of(const std::string& text) {
  const auto root = parse_toml(text, "t.toml", "CATALOG_INVALID");
  if (!root.ok()) return {{}, root.status()};
  TomlReader reader(*root, "t.toml", "board type", "CATALOG_INVALID");
  LadderRead result{read_ladder(reader, *root), {}};
  result.status = reader.finish();
  return result;
}

TEST(RecoveryLadder, WithoutTablesItIsTheUsualOne) {
  const LadderRead usual = read_ladder_of("");
  ASSERT_TRUE(usual.status.ok()) << usual.status;
  ASSERT_EQ(usual.ladder.size(), 4U);
  EXPECT_EQ(name_of(usual.ladder[0].rung), "hello");
  EXPECT_EQ(name_of(usual.ladder[1].rung), "reset");
  EXPECT_EQ(name_of(usual.ladder[2].rung), "power-cycle");
  EXPECT_EQ(name_of(usual.ladder[3].rung), "flash");
  EXPECT_EQ(usual.ladder[3].rest, minutes(10));
}

TEST(RecoveryLadder, RungsAreReadAndTheRestIsAsUsual) {
  const LadderRead read_back = read_ladder_of(R"(
[[recovery]]
rung = "hello"
patience_ms = 5000
[[recovery]]
rung = "flash"
rest_s = 3600
)");
  ASSERT_TRUE(read_back.status.ok()) << read_back.status;
  ASSERT_EQ(read_back.ladder.size(), 2U);
  EXPECT_EQ(read_back.ladder[0].patience, seconds(5));
  EXPECT_EQ(read_back.ladder[1].rung, Rung::kFlash);
  EXPECT_EQ(read_back.ladder[1].patience, seconds(3));
  EXPECT_EQ(read_back.ladder[1].rest, hours(1));
}

TEST(RecoveryLadder, ErrorsNameTheRung) {
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"kick\"\n").status.message(),
              HasSubstr("hello, reset, power-cycle, flash"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"kick\"\n").status.message(),
              HasSubstr("t.toml:1: board type, recovery #1"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"flash\"\n").status.message(), HasSubstr("from hello up"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"hello\"\n[[recovery]]\nrung = \"hello\"\n").status.message(),
              HasSubstr("recovery #2: rungs go from hello up"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"hello\"\npatience_ms = 0\n").status.message(),
              HasSubstr("patience_ms"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"hello\"\n[[recovery]]\nrung = \"flash\"\nrest_s = 86401\n")
                  .status.message(),
              HasSubstr("a day"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"hello\"\nrest_s = 1\n").status.message(),
              HasSubstr("cannot rest"));
  EXPECT_THAT(read_ladder_of("[[recovery]]\nrung = \"hello\"\nreach = 1\n").status.message(),
              HasSubstr("unknown key 'reach'"));
  EXPECT_THAT(read_ladder_of("recovery = []\n").status.message(), HasSubstr("has no rungs"));
  EXPECT_THAT(read_ladder_of("recovery = 3\n").status.message(), HasSubstr("[[recovery]]"));
}

TEST(RungRests, LastTwiceAsLongWithEveryFailureUpToADay) {
  const RecoveryStep flash{Rung::kFlash, milliseconds(1), minutes(10)};
  RungRests rests;
  RungRests::Time now{};
  EXPECT_FALSE(rests.rests(Rung::kFlash, now));
  int tries = 0;
  const RungRests::Time two_days = now + hours(48);
  for (; now < two_days; now += minutes(1)) {
    if (rests.rests(Rung::kFlash, now)) continue;
    rests.failed(flash, now);
    ++tries;
  }
  EXPECT_EQ(tries, 9) << "at 0, 10, 30, 70, 150, 310, 630, 1270 and 2550 minutes";
  EXPECT_FALSE(rests.rests(Rung::kPowerCycle, now));
  EXPECT_TRUE(rests.rests(Rung::kFlash, now));
  rests.clear(Rung::kPowerCycle);
  EXPECT_TRUE(rests.rests(Rung::kFlash, now));
  rests.clear();
  EXPECT_FALSE(rests.rests(Rung::kFlash, now));
}

TEST(RungRests, ARungWithoutRestIsTriedAgainAtOnce) {
  const RecoveryStep reset{Rung::kReset, milliseconds(1), seconds(0)};
  RungRests rests;
  const RungRests::Time now{};
  for (int i = 0; i < 100; ++i) rests.failed(reset, now);
  EXPECT_FALSE(rests.rests(Rung::kReset, now));
}

}  // namespace
}  // namespace tinyrig::boards
