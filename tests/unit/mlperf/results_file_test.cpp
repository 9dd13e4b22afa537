#include "server/mlperf/results_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

using testing::SizeIs;

TEST(ResultsFile, EnergyRunner) {
  const ResultsFile results = parse_results_file(eembc_energy()["results.txt"]);
  EXPECT_EQ(results.runner, Runner::kEembc);
  ASSERT_THAT(results.energy, SizeIs(5));
  EXPECT_DOUBLE_EQ(results.energy[1].energy_uj->value, 1100100);
  EXPECT_DOUBLE_EQ(results.energy[1].uj_per_inference->value, 1100.1);
  EXPECT_DOUBLE_EQ(results.energy[1].seconds->value, 11.00);
  EXPECT_EQ(results.energy[1].seconds->decimals, 2);
  ASSERT_THAT(results.performance, SizeIs(5));
  EXPECT_EQ(results.performance[4].iterations, 1000U);
  EXPECT_DOUBLE_EQ(results.median_energy->number.value, 1100.2);
  EXPECT_EQ(results.median_energy->line, 21U);
  EXPECT_DOUBLE_EQ(results.median_throughput->number.value, 90.893);
}

TEST(ResultsFile, MlcRunner) {
  const ResultsFile results = parse_results_file(mlc_energy()["results.txt"]);
  EXPECT_EQ(results.runner, Runner::kMlc);
  ASSERT_THAT(results.energy, SizeIs(5));
  EXPECT_EQ(results.energy[0].iterations, 1000U);
  EXPECT_DOUBLE_EQ(results.energy[0].power_mw->value, 100);
  EXPECT_DOUBLE_EQ(results.energy[0].energy_uj->value, 1100000);
  EXPECT_EQ(parse_results_file(mlc_performance()["results.txt"]).performance.size(), 5U);
}

TEST(ResultsFile, AccuracyOfBothRunners) {
  const ResultsFile eembc = parse_results_file("00358.770 ulp-mlperf: Top-1: 90.2%\n00358.793 ulp-mlperf: AUC: 0.99\n");
  EXPECT_DOUBLE_EQ(eembc.top1->number.value, 90.2);
  EXPECT_EQ(eembc.auc->number.decimals, 2);
  const ResultsFile mlc =
      parse_results_file("0726.010109 ulp-mlperf: Top 1% = 90.2\n0726.010109 ulp-mlperf: AUC = 0.995\n");
  EXPECT_DOUBLE_EQ(mlc.top1->number.value, 90.2);
  EXPECT_DOUBLE_EQ(mlc.auc->number.value, 0.995);
  EXPECT_EQ(mlc.runner, Runner::kMlc);
}

TEST(ResultsFile, StreamingAndErrors) {
  const ResultsFile results = parse_results_file(mlc_streaming()["results.txt"] + "1.0 x: e-[no]\ne-[yes]\n");
  EXPECT_EQ(results.detections->true_positives, 47U);
  EXPECT_EQ(results.detections->false_negatives, 3U);
  EXPECT_EQ(results.detections->false_positives, 2U);
  EXPECT_DOUBLE_EQ(results.duty_cycle->number.value, 0.5);
  EXPECT_DOUBLE_EQ(results.period_s->number.value, 0.032);
  EXPECT_DOUBLE_EQ(results.streaming_throughput->number.value, 62.5);
  EXPECT_THAT(results.errors, SizeIs(2));
}

TEST(ResultsFile, OfNothing) {
  const ResultsFile results = parse_results_file("Accuracy: some\nMedian throughput is fast\n: : :\n.\n");
  EXPECT_FALSE(results.detections || results.median_throughput);
  EXPECT_TRUE(results.performance.empty());
}

}  // namespace
}  // namespace tinyrig::mlperf
