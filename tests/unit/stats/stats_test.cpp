// Expected values were computed apart from the code: quantiles with Python's
// statistics.quantiles(method='inclusive') and by hand; t quantiles from their closed forms for one and two
// degrees of freedom, tan(pi (p - 1/2)) and (2p - 1) / sqrt(2 p (1 - p)).
#include "server/stats/stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace tinyrig::stats {
namespace {

using testing::ElementsAre;

v1::SessionSamples session(std::uint32_t number, std::initializer_list<std::uint64_t> ticks) {
  v1::SessionSamples samples;
  samples.set_session(number);
  for (const std::uint64_t tick : ticks) samples.add_latency_ticks(tick);
  return samples;
}

Rankable known(double low, double value, double high) {
  Rankable row;
  row.value = value;
  row.interval.set_known(true);
  row.interval.set_low(low);
  row.interval.set_high(high);
  return row;
}

Rankable unknown(double value) {
  Rankable row;
  row.value = value;
  return row;
}

TEST(Quantile, IsTypeSeven) {
  const std::vector<double> sorted = {15, 20, 35, 40, 50};
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.0), 15);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.25), 20);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.40), 29);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 0.90), 46);
  EXPECT_DOUBLE_EQ(quantile_sorted(sorted, 1.0), 50);
}

TEST(Quantile, OfOneSampleIsThatSample) {
  const std::vector<double> one = {7};
  EXPECT_DOUBLE_EQ(quantile_sorted(one, 0.0), 7);
  EXPECT_DOUBLE_EQ(quantile_sorted(one, 0.99), 7);
}

TEST(Median, OfOddAndEvenCountsInAnyOrder) {
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
}

TEST(Mad, IsTheMedianDeviation) {
  // Deviations from 2: 1 1 0 0 2 4 7.
  EXPECT_DOUBLE_EQ(median_absolute_deviation({1, 1, 2, 2, 4, 6, 9}), 1);
  EXPECT_DOUBLE_EQ(median_absolute_deviation({3, 3, 3}), 0);
}

TEST(SessionInterval, IsUnknownBelowTwoSessions) {
  EXPECT_FALSE(session_interval({}).known());
  EXPECT_FALSE(session_interval({5}).known());
}

TEST(SessionInterval, OfEqualMediansHasNoWidthAndIsKnown) {
  const v1::Interval interval = session_interval({0.1, 0.1, 0.1});
  EXPECT_TRUE(interval.known());
  EXPECT_EQ(interval.low(), 0.1);
  EXPECT_EQ(interval.high(), 0.1);
}

TEST(SessionInterval, OfThreeSessionsUsesTwoDegreesOfFreedom) {
  // Mean 103, standard deviation sqrt(13).
  const double t = 0.95 / std::sqrt(2 * 0.975 * 0.025);
  const double half_width = t * std::sqrt(13.0 / 3.0);
  const v1::Interval interval = session_interval({100, 102, 107});
  EXPECT_TRUE(interval.known());
  EXPECT_NEAR(interval.low(), 103 - half_width, 1e-9);
  EXPECT_NEAR(interval.high(), 103 + half_width, 1e-9);
  EXPECT_NEAR(interval.high() - 103, 8.956685895, 1e-8);
}

TEST(SessionInterval, OfTwoSessionsUsesOneDegreeOfFreedom) {
  // Mean 11, standard error 1.
  const double t = std::tan(std::numbers::pi * 0.475);
  const v1::Interval interval = session_interval({10, 12});
  EXPECT_NEAR(interval.low(), 11 - t, 1e-9);
  EXPECT_NEAR(interval.high(), 11 + t, 1e-9);
}

TEST(SummarizeLatency, KeepsTheSpreadWithinSessionsApart) {
  // Two sessions far apart, each nearly still: the MAD is theirs, the interval is between them.
  const v1::LatencyResult result =
      summarize_latency({session(0, {100, 101, 102}), session(1, {201, 200, 205})}, 1'000'000);
  EXPECT_EQ(result.count(), 6u);
  EXPECT_EQ(result.sessions(), 2u);
  EXPECT_DOUBLE_EQ(result.min_ticks(), 100);
  EXPECT_DOUBLE_EQ(result.max_ticks(), 205);
  EXPECT_DOUBLE_EQ(result.median_ticks(), 151);    // between 102 and 200
  EXPECT_DOUBLE_EQ(result.p90_ticks(), 203);       // position 4.5: between 201 and 205
  EXPECT_DOUBLE_EQ(result.p99_ticks(), 204.8);     // position 4.95
  EXPECT_DOUBLE_EQ(result.mad_within_ticks(), 1);  // deviations 0 0 1 1 1 4
  EXPECT_THAT(result.session_median_ticks(), ElementsAre(101, 201));
  EXPECT_TRUE(result.median_interval_ticks().known());
  EXPECT_LT(result.median_interval_ticks().low(), 101);
  EXPECT_DOUBLE_EQ(result.median_us(), 151);
}

TEST(SummarizeLatency, OfInstructionsHasNoMicroseconds) {
  const v1::LatencyResult result = summarize_latency({session(0, {500, 500})}, 0);
  EXPECT_EQ(result.median_us(), 0);
  EXPECT_FALSE(result.median_interval_ticks().known());
  EXPECT_EQ(result.sessions(), 1u);
}

TEST(SummarizeLatency, IgnoresEmptySessions) {
  EXPECT_EQ(summarize_latency({}, 0).count(), 0u);
  const v1::LatencyResult result = summarize_latency({session(0, {}), session(1, {5})}, 0);
  EXPECT_EQ(result.sessions(), 1u);
  EXPECT_FALSE(result.median_interval_ticks().known());
}

TEST(InstructionsFromTicks, RoundsToTheNearest) {
  // 25 MHz counter, 128 ns each: 3.2 ticks per instruction.
  EXPECT_EQ(instructions_from_ticks(32, 25'000'000, 128), 10u);
  EXPECT_EQ(instructions_from_ticks(33, 25'000'000, 128), 10u);  // 10.3
  EXPECT_EQ(instructions_from_ticks(34, 25'000'000, 128), 11u);  // 10.6
  EXPECT_EQ(instructions_from_ticks(0, 25'000'000, 128), 0u);
}

TEST(InstructionsFromTicks, SurvivesGreatCounts) {
  // 2^63 ticks of 1 GHz at 1 ns each are 2^63 instructions.
  EXPECT_EQ(instructions_from_ticks(1ull << 63, 1'000'000'000, 1), 1ull << 63);
  EXPECT_EQ(instructions_from_ticks(42, 0, 128), 42u);
}

TEST(RankOverlapping, CountsRowsBeforeAfterATie) {
  EXPECT_THAT(rank_overlapping({known(1, 2, 3), known(2.5, 3, 4), known(5, 6, 7)}), ElementsAre(1, 1, 3));
}

TEST(RankOverlapping, TiesReachThroughOthers) {
  // The first reaches over the second to the third.
  EXPECT_THAT(rank_overlapping({known(1, 5, 9), known(5, 6, 7), known(8, 8.5, 9)}), ElementsAre(1, 1, 1));
}

TEST(RankOverlapping, TouchingIntervalsOverlap) {
  EXPECT_THAT(rank_overlapping({known(1, 2, 3), known(3, 4, 5), known(5.1, 6, 7)}), ElementsAre(1, 1, 3));
}

TEST(RankOverlapping, AnUnknownRowSharesButDoesNotBridge) {
  EXPECT_THAT(rank_overlapping({known(1, 1, 1), unknown(5), known(100, 100, 100)}), ElementsAre(1, 1, 3));
}

TEST(RankOverlapping, AnUnknownFirstRowSharesTheFirstRank) {
  EXPECT_THAT(rank_overlapping({unknown(1), known(2, 2, 2), known(3, 3, 3)}), ElementsAre(1, 1, 3));
  EXPECT_THAT(rank_overlapping({unknown(1), unknown(2)}), ElementsAre(1, 1));
}

TEST(RankOverlapping, AnswersInTheOrderOfTheRows) {
  EXPECT_THAT(rank_overlapping({known(30, 30, 30), known(10, 10, 10), known(20, 20, 20)}), ElementsAre(3, 1, 2));
  EXPECT_THAT(rank_overlapping({}), ElementsAre());
}

TEST(RankOverlapping, EqualExactValuesShareARank) {
  EXPECT_THAT(rank_overlapping({known(7, 7, 7), known(7, 7, 7), known(8, 8, 8)}), ElementsAre(1, 1, 3));
}

}  // namespace
}  // namespace tinyrig::stats
