#include "server/mlperf/energy_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "server/base/error.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EnergyTrace, RateAndSamples) {
  const auto trace = parse_energy_trace("\xF1" + float_bytes(1000) + float_bytes(1.5F) + float_bytes(-0.25F));
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->samples_per_second, 1000);
  EXPECT_THAT(trace->sample_uj, ElementsAre(1.5F, -0.25F));
  EXPECT_DOUBLE_EQ(trace->seconds(), 0.002);
}

TEST(EnergyTrace, Refuses) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string& bytes :
       {std::string(), std::string("\xF1"), "\xF0" + float_bytes(1000), "\xF1" + float_bytes(0),
        "\xF1" + float_bytes(-5), "\xF1" + float_bytes(nan), "\xF1" + float_bytes(1e9F),
        "\xF1" + float_bytes(1000) + "xyz", "\xF1" + float_bytes(1000) + float_bytes(nan)}) {
    EXPECT_EQ(reason_of(parse_energy_trace(bytes).status()), "TRACE_BROKEN");
  }
}

TEST(EnergyTrace, Edges) {
  EXPECT_THAT(*parse_edges("[0.018, 2, 14.003]"), ElementsAre(0.018, 2.0, 14.003));
  EXPECT_THAT(*parse_edges("[]"), IsEmpty());
  for (const char* json : {"", "{}", "[1, 1]", "[2, 1]", "[-1]", "[\"1\"]", "[1", "[1] 2", "[1e999]"}) {
    EXPECT_EQ(reason_of(parse_edges(json).status()), "EDGES_BROKEN") << json;
  }
  std::string many = "[0";
  for (std::size_t i = 1; i <= kMaxEdges; ++i) many += "," + std::to_string(i);
  EXPECT_FALSE(parse_edges(many + "]").ok());
}

EnergyTrace ramp() {
  EnergyTrace trace;
  trace.samples_per_second = 1000;
  for (int i = 0; i < 20; ++i) trace.sample_uj.push_back(static_cast<float>(i));
  return trace;
}

TEST(EnergyTrace, WindowsArePairsBehindAnOddFirstEdge) {
  const auto odd = energy_windows(ramp(), {0.0005, 0.0025, 0.0045, 0.0095, 0.0115});
  ASSERT_EQ(odd.size(), 2U);
  EXPECT_EQ(odd[0].energy_uj, 3 + 4);
  EXPECT_EQ(odd[1].energy_uj, 10 + 11);
  const auto even = energy_windows(ramp(), {0.0005, 0.0025});
  ASSERT_EQ(even.size(), 1U);
  EXPECT_EQ(even[0].energy_uj, 1 + 2);
}

TEST(EnergyTrace, WindowsBeyondTheTrace) {
  const auto windows = energy_windows(ramp(), {0.0185, 5, 6, 7});
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].energy_uj, 19);
  EXPECT_EQ(windows[1].energy_uj, 0);
  EXPECT_THAT(energy_windows(ramp(), {}), IsEmpty());
}

}  // namespace
}  // namespace tinyrig::mlperf
