// Windows, charges and everything that makes them doubtful, from words whose truth is known.
#include "server/power/energy_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "server/base/error.h"
#include "server/power/ppk2_words.h"
#include "server/power/trigger_watch.h"
#include "tests/support/power/ppk2_spike_filter.h"
#include "tests/support/power/ppk2_words_of.h"

namespace tinyrig::power {
namespace {

using test::kPpk2Metadata;
using test::Ppk2Words;
using ::testing::HasSubstr;

constexpr std::uint8_t kHigh = 1;
// Range 3: some 6 and 1 mA.
constexpr std::uint32_t kActive = 146, kIdle = 36;

Capture capture_of(const Ppk2Words& words, std::uint64_t samples) {
  return {.format = "ppk2",
          .header = kPpk2Metadata,
          .supply_mv = 3'300,
          .samples_per_second = 100'000,
          .host_us = samples * 10,
          .bytes = words.bytes};
}

double current_ua(std::uint32_t code) {
  static const Ppk2Constants constants = *parse_ppk2_metadata(kPpk2Metadata);
  return 1e6 * ppk2_ampere(constants.ranges[3], code, 3.3);
}

EnergyReading reading_of(const Ppk2Words& words, std::uint64_t samples) {
  const absl::StatusOr<EnergyReading> reading = read_capture(capture_of(words, samples));
  EXPECT_TRUE(reading.ok()) << reading.status();
  return reading.value_or(EnergyReading{});
}

TEST(ReadCapture, WindowsIdleAndEdges) {
  Ppk2Words words;
  words.add(3'000, kIdle, 3)
      .add(2'000, kActive, 3, kHigh)
      .add(3'000, kIdle, 3)
      .add(500, kActive, 3, kHigh)
      .add(3'000, kIdle, 3);
  const EnergyReading reading = reading_of(words, 11'500);
  EXPECT_EQ(reading.samples, 11'500U);
  EXPECT_EQ(reading.lost_samples, 0U);
  EXPECT_FALSE(reading.high_at_begin);
  EXPECT_FALSE(reading.high_at_end);
  ASSERT_EQ(reading.windows.size(), 2U);
  EXPECT_EQ(reading.windows[0].first_sample, 3'000U);
  EXPECT_EQ(reading.windows[0].samples, 2'000U);
  EXPECT_EQ(reading.windows[1].first_sample, 8'000U);
  EXPECT_EQ(reading.windows[1].samples, 500U);
  EXPECT_NEAR(reading.windows[0].charge_uc, 2'000 * current_ua(kActive) * 10e-6, 1e-9);
  EXPECT_NEAR(reading.windows[0].accuracy, 0.10, 1e-12);
  EXPECT_NEAR(reading.windows[0].edge_current_ua, current_ua(kActive), 1e-9);
  EXPECT_NEAR(reading.idle_current_ua, current_ua(kIdle), 1e-9);
  // 100 us next to each edge are left out.
  EXPECT_EQ(reading.idle_samples, 9'000U - 4 * 10);
  EXPECT_EQ(reading.details, "PPK2, hardware 9173, says that it is not calibrated");
}

TEST(ReadCapture, AGlitchIsNoEdge) {
  Ppk2Words words;
  words.add(1'000, kIdle, 3).add(4, kIdle, 3, kHigh).add(1'000, kIdle, 3);
  words.add(1'000, kActive, 3, kHigh).add(4, kActive, 3).add(1'000, kActive, 3, kHigh).add(1'000, kIdle, 3);
  const EnergyReading reading = reading_of(words, 5'008);
  EXPECT_EQ(reading.short_pulses, 2U);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_EQ(reading.windows[0].samples, 2'004U);
  EXPECT_NEAR(reading.windows[0].charge_uc, 2'004 * current_ua(kActive) * 10e-6, 1e-9);
}

TEST(ReadCapture, APulseOf50usIsAWindow) {
  const EnergyReading reading =
      reading_of(Ppk2Words().add(100, kIdle, 3).add(5, kActive, 3, kHigh).add(100, kIdle, 3), 205);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_EQ(reading.windows[0].samples, 5U);
  EXPECT_EQ(reading.short_pulses, 0U);
}

TEST(ReadCapture, HalfWindowsAreNone) {
  Ppk2Words words;
  words.add(300, kActive, 3, kHigh)
      .add(300, kIdle, 3)
      .add(300, kActive, 3, kHigh)
      .add(300, kIdle, 3)
      .add(300, kActive, 3, kHigh);
  const EnergyReading reading = reading_of(words, 1'500);
  EXPECT_TRUE(reading.high_at_begin);
  EXPECT_TRUE(reading.high_at_end);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_EQ(reading.windows[0].first_sample, 600U);
}

TEST(ReadCapture, LostSamplesKeepTheirPlace) {
  Ppk2Words words;
  words.add(1'000, kIdle, 3).add(500, kActive, 3, kHigh).lose(40).add(460, kActive, 3, kHigh).add(1'000, kIdle, 3);
  const EnergyReading reading = reading_of(words, 3'000);
  EXPECT_EQ(reading.lost_samples, 40U);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_EQ(reading.windows[0].samples, 1'000U);
  EXPECT_EQ(reading.windows[0].lost_samples, 40U);
  EXPECT_NEAR(reading.windows[0].charge_uc, 960 * current_ua(kActive) * 10e-6, 1e-9) << "a lower bound";
}

TEST(ReadCapture, WholeRoundsOfTheCounterShowByTheHostsClock) {
  Ppk2Words words;
  words.add(100'000, kIdle, 3);
  EXPECT_EQ(reading_of(words, 100'000 + 64).lost_samples, 0U) << "starting and stopping takes its time";
  EXPECT_NEAR(static_cast<double>(reading_of(words, 100'000 + 6'400).lost_samples), 6'400, 1);
}

TEST(ReadCapture, WhatCannotBeMeasuredIsCounted) {
  Ppk2Words words;
  words.add(100, kIdle, 3).add(50, kActive, 3, kHigh).add(3, 0x3FFF, 3, kHigh).add(2, 5, 6, kHigh).add(100, kIdle, 3);
  const EnergyReading reading = reading_of(words, 255);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_EQ(reading.windows[0].saturated_samples, 5U);
}

TEST(ReadCapture, ARangeWithoutAShuntIsNotSilentlyWrong) {
  Capture capture = capture_of(Ppk2Words().add(100, kIdle, 3).add(50, kActive, 3, kHigh).add(100, kIdle, 3), 250);
  capture.header.replace(capture.header.find("R3: 0.9636"), 10, "R3: 0");
  const absl::StatusOr<EnergyReading> reading = read_capture(capture);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->windows.at(0).saturated_samples, 50U);
}

TEST(ReadCapture, ConstantsThatMakeNoSenseMakeNoNumber) {
  for (const char* shunt : {"R3: 1e-300", "R3: 1e300", "R3: -1"}) {
    Capture capture = capture_of(Ppk2Words().add(100, kIdle, 3).add(50, kActive, 3, kHigh).add(100, kIdle, 3), 250);
    capture.header.replace(capture.header.find("R3: 0.9636"), 10, shunt);
    capture.header.replace(capture.header.find("GS3: 2.4217"), 11, "GS3: 1e300");
    const absl::StatusOr<EnergyReading> reading = read_capture(capture);
    ASSERT_TRUE(reading.ok());
    EXPECT_TRUE(std::isfinite(reading->windows.at(0).charge_uc)) << shunt;
    EXPECT_TRUE(std::isfinite(reading->windows.at(0).accuracy)) << shunt;
    EXPECT_TRUE(std::isfinite(reading->idle_current_ua)) << shunt;
  }
}

TEST(ReadCapture, ConstantsThatAreMissingAreNamed) {
  Capture capture = capture_of(Ppk2Words().add(100, kIdle, 3), 100);
  capture.header.replace(capture.header.find("O0: 112.9420"), 12, "O0: -nan");
  capture.header.replace(capture.header.find("R2: 10.3027"), 11, "");
  EXPECT_EQ(read_capture(capture)->details,
            "PPK2, hardware 9173, says that it is not calibrated, without all constants of range 0, 2");
}

TEST(ReadCapture, IdleIsOfWhatCanBeMeasured) {
  const EnergyReading reading = reading_of(Ppk2Words().add(500, kIdle, 3).add(3, 0x3FFF, 4).add(500, kIdle, 3), 1'003);
  EXPECT_EQ(reading.idle_samples, 1'000U);
  EXPECT_EQ(reading.idle_saturated_samples, 3U);
  EXPECT_NEAR(reading.idle_current_ua, current_ua(kIdle), 1e-9);
}

TEST(ReadCapture, AfterAWindowWithoutABeginIdleKeepsAwayToo) {
  const EnergyReading reading = reading_of(Ppk2Words().add(100, kActive, 3, kHigh).add(100, kIdle, 3), 200);
  EXPECT_EQ(reading.idle_samples, 90U);
}

// Wherever up to a round of the counter is missing: windows stay where they were, and their charge is that of the
// samples that came.
TEST(ReadCapture, OneHoleAnywhere) {
  constexpr std::uint32_t kSeed = 7;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const auto below = [&random](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t lost = 1 + below(63);
    // Not within the debouncing of an edge: there the edge itself is not seen.
    const std::size_t window = below(3);
    const std::size_t hole = (window == 1 ? 1'010 : window == 2 ? 2'010 : 10) + below(900);
    Ppk2Words words;
    double charge_uc = 0;
    for (std::size_t at = 0; at < 3'000; ++at) {
      const bool high = at >= 1'000 && at < 2'000;
      const std::uint32_t code = high ? 100 + below(200) : kIdle;
      if (at >= hole && at < hole + lost) {
        words.lose(1);
        continue;
      }
      words.add(1, code, 3, high ? kHigh : 0);
      if (high) charge_uc += current_ua(code) * 10e-6;
    }
    SCOPED_TRACE("round " + std::to_string(round) + ", " + std::to_string(lost) + " from " + std::to_string(hole));
    const EnergyReading reading = reading_of(words, 3'000);
    ASSERT_EQ(reading.samples, 3'000U);
    ASSERT_EQ(reading.lost_samples, lost);
    ASSERT_EQ(reading.windows.size(), 1U);
    ASSERT_EQ(reading.windows[0].first_sample, 1'000U);
    ASSERT_EQ(reading.windows[0].samples, 1'000U);
    ASSERT_EQ(reading.windows[0].lost_samples, window == 1 ? lost : 0);
    ASSERT_NEAR(reading.windows[0].charge_uc, charge_uc, 1e-9);
  }
}

// Why nothing is filtered: after each switch of the range Nordic's filter shows an average of what was before.
TEST(ReadCapture, AFilterWouldMoveChargeOutOfTheWindow) {
  Ppk2Words words;
  words.add(1'000, 100, 1).add(100, 300, 3, kHigh).add(1'000, 100, 1);
  const EnergyReading reading = reading_of(words, 2'100);
  ASSERT_EQ(reading.windows.size(), 1U);
  test::Ppk2SpikeFilter filter;
  double filtered_uc = 0;
  const absl::StatusOr<Ppk2Constants> constants = parse_ppk2_metadata(kPpk2Metadata);
  for (std::size_t at = 0; at < 2'100; ++at) {
    const Ppk2Word word = at >= 1'000 && at < 1'100 ? Ppk2Word{.code = 300, .range = 3, .counter = 0, .logic = 1}
                                                    : Ppk2Word{.code = 100, .range = 1, .counter = 0, .logic = 0};
    const double shown_ua =
        filter.filtered_ua(1e6 * ppk2_ampere(constants->ranges[word.range], word.code, 3.3), word.range);
    if (word.logic != 0) filtered_uc += shown_ua * 10e-6;
  }
  EXPECT_NEAR(reading.windows[0].charge_uc, 100 * current_ua(300) * 10e-6, 1e-9);
  EXPECT_LT(filtered_uc, 0.99 * reading.windows[0].charge_uc) << "of a window of 1 ms";
}

TEST(ReadCapture, RefusesWhatItCannotRead) {
  Capture capture = capture_of(Ppk2Words().add(10, kIdle, 3), 10);
  capture.format = "lpm01a";
  EXPECT_EQ(reason_of(read_capture(capture).status()), "CAPTURE_INVALID");
  EXPECT_THAT(std::string(read_capture(capture).status().message()), HasSubstr("lpm01a"));
  capture.format = "ppk2";
  capture.samples_per_second = 0;
  EXPECT_EQ(reason_of(read_capture(capture).status()), "CAPTURE_INVALID");
  capture.samples_per_second = 100'000;
  capture.header = "nothing";
  EXPECT_EQ(reason_of(read_capture(capture).status()), "CAPTURE_INVALID");
}

TEST(ReadCapture, NothingIsAReadingToo) {
  const EnergyReading reading = reading_of(Ppk2Words(), 0);
  EXPECT_EQ(reading.samples, 0U);
  EXPECT_TRUE(reading.windows.empty());
}

// A wave whose integral is known comes back within 0.1 %.
TEST(ReadCapture, AWaveOfKnownIntegral) {
  Ppk2Words words;
  words.add(500, kIdle, 3);
  double sum_ua = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto code = static_cast<std::uint32_t>(std::lround(150 + 100 * std::sin(i * 0.001)));
    words.add(1, code, 3, kHigh);
    sum_ua += current_ua(code);
  }
  words.add(500, kIdle, 3);
  const EnergyReading reading = reading_of(words, 21'000);
  ASSERT_EQ(reading.windows.size(), 1U);
  EXPECT_NEAR(reading.windows[0].charge_uc, sum_ua * 10e-6, 1e-3 * sum_ua * 10e-6);
}

TEST(TriggerWatch, CountsFallsAndHowLongItIsLow) {
  const Ppk2Words words =
      Ppk2Words().add(200, kIdle, 3).add(100, kActive, 3, kHigh).add(50, kIdle, 3).add(100, kActive, 3, kHigh);
  absl::StatusOr<TriggerWatch> watch = TriggerWatch::of(capture_of(Ppk2Words(), 0));
  ASSERT_TRUE(watch.ok()) << watch.status();
  const std::span<const std::uint8_t> bytes(words.bytes);
  watch->take(bytes.first(200 * 4));
  EXPECT_EQ(watch->low_samples(), 199U) << "the next word says whether the last was whole";
  EXPECT_EQ(watch->falls(), 0U);
  watch->take(bytes.subspan(200 * 4, 150 * 4));
  EXPECT_EQ(watch->falls(), 1U);
  EXPECT_EQ(watch->low_samples(), 49U);
  watch->take(bytes.subspan(350 * 4));
  EXPECT_EQ(watch->falls(), 1U);
  EXPECT_EQ(watch->low_samples(), 0U) << "it is high";
}

}  // namespace
}  // namespace tinyrig::power
