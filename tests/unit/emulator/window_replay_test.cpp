// From the board's ticks to samples: exact lengths, nothing twice, and nothing of what is no window.
#include "emulator/window_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace tinyrig::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using trigger_line::Kind;

constexpr std::uint64_t kRate = 7'812'500;  // ticks per second of boards in QEMU
constexpr double kTicksPerSample = kRate / 100'000.0;

class WindowReplayTest : public ::testing::Test {
 protected:
  WindowReplayTest() {
    replay_.set_powered(true);
    replay_.set_streaming(true);
    say(Kind::kRate, kRate);
  }
  void say(Kind kind, std::uint64_t number) { replay_.take(trigger_line::encode(kind, number)); }
  void window(std::uint64_t begin, std::uint64_t ticks) {
    say(Kind::kRose, begin);
    say(Kind::kFell, begin + ticks);
  }

  struct Seen {
    std::vector<std::size_t> highs;  // samples of each window
    std::vector<std::size_t> lows;   // before each of them
    double extra = 0;                // charge above idle, in samples of (active - idle)
  };
  Seen play(std::size_t samples) {
    Seen seen;
    std::size_t high = 0, low = 0;
    for (std::size_t i = 0; i < samples; ++i) {
      const InstrumentInput input = replay_.next();
      seen.extra += (input.current_ua - 1500) / 5000;
      if (input.logic == 1) {
        if (high++ == 0) seen.lows.push_back(std::exchange(low, 0));
      } else {
        ++low;
        if (high > 0) seen.highs.push_back(std::exchange(high, 0));
      }
    }
    return seen;
  }

  WindowReplay replay_{{1500, 6500}};
};

TEST_F(WindowReplayTest, IsIdleWithoutWindows) {
  const Seen seen = play(10'000);
  EXPECT_THAT(seen.highs, IsEmpty());
  EXPECT_EQ(seen.extra, 0);
  replay_.set_powered(false);
  EXPECT_EQ(replay_.next().current_ua, 0);
}

TEST_F(WindowReplayTest, AWindowIsAsLongAsItWasByTheBoardsClock) {
  window(123'456'789, kRate / 4);  // a quarter of a second
  const Seen seen = play(100'000);
  EXPECT_THAT(seen.highs, ElementsAre(25'000U));
  EXPECT_DOUBLE_EQ(seen.extra, 25'000);
  EXPECT_THAT(play(100'000).highs, IsEmpty());  // not twice
}

TEST_F(WindowReplayTest, TheEnergyOfPartSamplesIsThere) {
  for (const std::uint64_t ticks : {1U, 39U, 40U, 78U, 79U, 7'812U, 100'000U, 7'812'499U}) {
    window(1000, ticks);
    const Seen seen = play(110'000);
    const double samples = static_cast<double>(ticks) / kTicksPerSample;
    EXPECT_NEAR(seen.extra, samples, 1e-6) << ticks;
    const double high = seen.highs.empty() ? 0 : static_cast<double>(seen.highs[0]);
    EXPECT_EQ(high, std::floor(samples + 0.5)) << ticks;
  }
}

TEST_F(WindowReplayTest, BetweenWindowsItIsLow) {
  for (std::uint64_t i = 0; i < 5; ++i) window(i * 100'000, 78'125);  // 1000 samples, hardly any gap
  const Seen seen = play(6'000);
  EXPECT_THAT(seen.highs, ElementsAre(1000U, 1000U, 1000U, 1000U, 1000U));
  EXPECT_THAT(seen.lows, ElementsAre(100U, 100U, 100U, 100U, 100U));
}

TEST_F(WindowReplayTest, AWindowThatComesWhileItPlaysWaits) {
  window(0, 78'125);
  play(600);
  window(100'000, 78'125);
  const Seen seen = play(2'000);
  EXPECT_THAT(seen.highs, ElementsAre(500U, 1000U));
}

TEST_F(WindowReplayTest, GarbageBetweenRecordsIsSkipped) {
  const std::vector<std::uint8_t> garbage = {0xE0, 0xE1, 0xE2, 0x00, 0x5A, 0xE1, 0xFF};
  for (std::size_t cut = 0; cut <= garbage.size(); ++cut) {
    const std::span<const std::uint8_t> all = garbage;
    replay_.take(all.first(cut));
    say(Kind::kRose, 1000);
    replay_.take(all.subspan(cut));
    say(Kind::kFell, 1000 + 78'125);
    EXPECT_THAT(play(2'000).highs, ElementsAre(1000U)) << cut;
  }
  // Byte by byte.
  for (const auto& record : {trigger_line::encode(Kind::kRose, 5), trigger_line::encode(Kind::kFell, 5 + 78'125)}) {
    for (const std::uint8_t byte : record) replay_.take(std::span(&byte, 1));
  }
  EXPECT_THAT(play(2'000).highs, ElementsAre(1000U));
}

TEST_F(WindowReplayTest, AResetDropsTheWindowThatItEnded) {
  say(Kind::kRose, 1000);
  say(Kind::kRate, kRate);
  say(Kind::kFell, 2'000'000);
  EXPECT_THAT(play(200'000).highs, IsEmpty());
  say(Kind::kRose, 1000);
  replay_.set_powered(false);
  replay_.set_powered(true);
  say(Kind::kRate, kRate);
  say(Kind::kFell, 2'000'000);
  EXPECT_THAT(play(200'000).highs, IsEmpty());
  window(10, 78'125);
  EXPECT_THAT(play(2'000).highs, ElementsAre(1000U));
}

TEST_F(WindowReplayTest, OnlyTheStreamThatAWindowBeganInHasIt) {
  replay_.set_streaming(false);
  window(0, 78'125);
  say(Kind::kRose, 1'000'000);
  replay_.set_streaming(true);
  say(Kind::kFell, 2'000'000);  // began before
  EXPECT_EQ(replay_.waiting_windows(), 0U);
  window(3'000'000, 78'125);
  window(4'000'000, 78'125);
  play(600);
  replay_.set_streaming(false);
  replay_.set_streaming(true);
  EXPECT_THAT(play(10'000).highs, IsEmpty());
}

TEST_F(WindowReplayTest, WhatIsNoWindowIsNone) {
  say(Kind::kFell, 1000);
  window(1000, 0);
  say(Kind::kRose, 5000);
  say(Kind::kFell, 4000);
  say(Kind::kFell, 6000);
  say(Kind::kRate, 0);
  window(0, 78'125);
  EXPECT_EQ(replay_.waiting_windows(), 0U);
  EXPECT_EQ(replay_.dropped_windows(), 0U);
}

TEST_F(WindowReplayTest, WhatWaitsIsBounded) {
  window(0, ~0ULL);
  window(0, 600 * kRate + kRate);
  EXPECT_EQ(replay_.dropped_windows(), 2U);
  for (std::size_t i = 0; i < WindowReplay::kMostWindows + 3; ++i) window(0, 78'125);
  EXPECT_EQ(replay_.waiting_windows(), WindowReplay::kMostWindows);
  EXPECT_EQ(replay_.dropped_windows(), 5U);
}

}  // namespace
}  // namespace tinyrig::emulator
