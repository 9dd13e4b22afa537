#include "server/mlperf/results_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::mlperf {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(ResultsJson, Trials) {
  const auto trials = parse_results_json(R"([
    {"file": "x/a.bin", "classes": "12", "class": "7", "stride": null, "other": {"class": "3", "file": "no"},
     "infer": {"start_time": 10, "end_time": 30, "results": [0.5, 1, -2e1], "elapsed_time": 20, "iterations": 250,
               "throughput": 12.5},
     "power": {"samples": [1e-5, 2e-5, 0], "timestamps": [["09", 1], ["10", 2]], "voltage": 3}, "mode": "e"},
    {"file": "b.bin", "class": 1, "infer": {"results": [[1, 2], [3]]}, "mode": "a"}])");
  ASSERT_TRUE(trials.ok()) << trials.status();
  ASSERT_THAT(*trials, SizeIs(2));
  const Trial& first = (*trials)[0];
  EXPECT_EQ(first.input, "a.bin");
  EXPECT_EQ(first.label, 7);
  EXPECT_EQ(first.elapsed_us, 20U);
  EXPECT_EQ(first.iterations, 250U);
  EXPECT_EQ(first.throughput, 12.5);
  EXPECT_THAT(first.results, ElementsAre(0.5F, 1.F, -20.F));
  EXPECT_THAT(first.samples_j, ElementsAre(1e-5F, 2e-5F, 0.F));
  EXPECT_THAT(first.events, ElementsAre(1U, 2U));
  EXPECT_EQ(first.voltage_v, 3);
  EXPECT_EQ(first.mode, "e");
  EXPECT_EQ((*trials)[1].label, 1);
  EXPECT_THAT((*trials)[1].results, ElementsAre(1.F, 2.F, 3.F));
}

TEST(ResultsJson, OtherShapes) {
  EXPECT_THAT(*parse_results_json("[]"), SizeIs(0));
  EXPECT_THAT(*parse_results_json("{\"file\": \"a\"}"), SizeIs(0));
  EXPECT_THAT(*parse_results_json("[[{\"file\": 1}], 3]\n "), SizeIs(0));
  EXPECT_FALSE((*parse_results_json("[{\"class\": \"99999\", \"infer\": 3}]"))[0].label);
}

TEST(ResultsJson, Refuses) {
  for (const char* json : {"", "[", "[1,]", "[] []", "[{\"file\": \"\xff\"}]"}) {
    EXPECT_EQ(reason_of(parse_results_json(json).status()), "RESULTS_JSON_BROKEN") << json;
  }
  std::string deep(100'000, '[');
  EXPECT_FALSE(parse_results_json(deep).ok());
  std::string many = "[{}";
  for (std::size_t i = 0; i < kMaxTrials; ++i) many += ",{}";
  EXPECT_FALSE(parse_results_json(many + "]").ok());
}

TEST(ResultsJson, EnergyIsOfTheLastTwoEvents) {
  Trial trial;
  trial.samples_j = {1e-6F, 2e-6F, 4e-6F, 8e-6F};
  EXPECT_FALSE(energy_of(trial));
  trial.events = {0, 1, 3};
  EXPECT_NEAR(energy_of(trial)->energy_uj, 6, 1e-6);
  EXPECT_DOUBLE_EQ(energy_of(trial)->seconds, 0.002);
  trial.events = {1, 5};
  EXPECT_FALSE(energy_of(trial));
  trial.events = {3, 1};
  EXPECT_FALSE(energy_of(trial));
}

}  // namespace
}  // namespace tinyrig::mlperf
