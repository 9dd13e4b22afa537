// The pyramid gives what a plain walk over the samples gives.
#include "server/power/energy_trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tinyrig::power {
namespace {

constexpr float kLost = std::numeric_limits<float>::quiet_NaN();

EnergyTrace::Part walked(const std::vector<float>& samples, std::uint64_t first, std::uint64_t count) {
  EnergyTrace::Part part;
  part.samples = count;
  bool any = false;
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (std::isnan(samples[i])) {
      ++part.lost_samples;
      continue;
    }
    part.min_ua = any ? std::min(part.min_ua, samples[i]) : samples[i];
    part.max_ua = any ? std::max(part.max_ua, samples[i]) : samples[i];
    part.sum_ua += samples[i];
    any = true;
  }
  return part;
}

void expect_same(const EnergyTrace::Part& part, const EnergyTrace::Part& expected) {
  EXPECT_EQ(part.samples, expected.samples);
  EXPECT_EQ(part.lost_samples, expected.lost_samples);
  EXPECT_EQ(part.min_ua, expected.min_ua);
  EXPECT_EQ(part.max_ua, expected.max_ua);
  EXPECT_NEAR(part.sum_ua, expected.sum_ua, 1e-9 * std::abs(expected.sum_ua) + 1e-9);
}

TEST(EnergyTrace, AnyPartIsWhatAWalkGives) {
  constexpr std::uint32_t kSeed = 5;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937 random(kSeed);
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 4'095U, 4'096U, 4'097U, 300'000U}) {
    std::vector<float> samples(size);
    for (float& sample : samples) {
      sample = random() % 50 == 0 ? kLost : static_cast<float>(random() % 20'000) - 100;
    }
    const EnergyTrace trace(samples, 100'000, 3'300);
    ASSERT_EQ(trace.samples(), size);
    expect_same(trace.part(0, size), walked(samples, 0, size));
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t first = random() % (size + 1);
      const std::uint64_t count = random() % (size - first + 1);
      SCOPED_TRACE(std::to_string(first) + " + " + std::to_string(count));
      expect_same(trace.part(first, count), walked(samples, first, count));
    }
  }
}

TEST(EnergyTrace, WhatIsLostIsNoCurrent) {
  const EnergyTrace trace({kLost, 200, kLost, 100, kLost}, 100'000, 3'000);
  const EnergyTrace::Part all = trace.part(0, 5);
  EXPECT_EQ(all.lost_samples, 3U);
  EXPECT_EQ(all.min_ua, 100);
  EXPECT_EQ(all.max_ua, 200);
  EXPECT_EQ(all.mean_ua(), 150);
  EXPECT_EQ(trace.part(0, 1).mean_ua(), 0);
  EXPECT_EQ(trace.part(4, 1).max_ua, 0);
}

TEST(EnergyTrace, EnergyAndTime) {
  const EnergyTrace trace(std::vector<float>(100'000, 5'000.0F), 100'000, 3'000);
  const EnergyTrace::Part half = trace.part(25'000, 50'000);
  EXPECT_NEAR(trace.energy_uj(half), 7'500, 1e-6) << "5 mA at 3 V for half a second";
  EXPECT_NEAR(trace.duration_us(half), 500'000, 1e-6);
}

}  // namespace
}  // namespace tinyrig::power
