#include "server/mlperf/quality.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tinyrig::mlperf {
namespace {

TEST(Quality, LabelsOfNames) {
  EXPECT_EQ(label_of_name(Benchmark::kKws, "tst_000000_Stop_7.bin"), 7);
  EXPECT_EQ(label_of_name(Benchmark::kKws, "tst_000010_Unknown_11.bin"), 11);
  EXPECT_EQ(label_of_name(Benchmark::kAd, "anomaly_id_01_00000003_hist_librosa.bin"), 1);
  EXPECT_EQ(label_of_name(Benchmark::kAd, "normal_id_01_00000003_hist_librosa.bin"), 0);
  EXPECT_FALSE(label_of_name(Benchmark::kKws, "tst_000010_Unknown_12.bin"));
  EXPECT_FALSE(label_of_name(Benchmark::kKws, "x_7.bin"));
  EXPECT_FALSE(label_of_name(Benchmark::kVww, "000000343218.bin"));
}

TEST(Quality, Top1) {
  EXPECT_EQ(top1_percent({{"a", {0.1F, 0.9F}, 1}, {"b", {0.9F, 0.1F}, 1}}), 50);
  EXPECT_EQ(top1_percent({{"a", {0.5F, 0.5F}, 0}}), 100);  // the first of equals
  EXPECT_FALSE(top1_percent({}));
  EXPECT_FALSE(top1_percent({{"a", {0.5F}, std::nullopt}}));
  EXPECT_FALSE(top1_percent({{"a", {}, 0}}));
}

TEST(Quality, AreaUnderRocIsTheShareOfPairsInOrder) {
  EXPECT_EQ(area_under_roc({{1, false}, {2, true}}), 1);
  EXPECT_EQ(area_under_roc({{2, false}, {1, true}}), 0);
  EXPECT_EQ(area_under_roc({{1, false}, {1, true}}), 0.5);
  EXPECT_FALSE(area_under_roc({{1, true}}));
  EXPECT_FALSE(area_under_roc({}));
  std::vector<Scored> scores;
  for (int i = 0; i < 60; ++i) scores.push_back({std::floor(10 * std::sin(i * 1.7)) + (i % 3), i % 3 == 0});
  double ordered = 0;
  double pairs = 0;
  for (const Scored& positive : scores) {
    for (const Scored& negative : scores) {
      if (!positive.positive || negative.positive) continue;
      pairs += 1;
      ordered += positive.score > negative.score ? 1 : positive.score < negative.score ? 0 : 0.5;
    }
  }
  EXPECT_NEAR(*area_under_roc(scores), ordered / pairs, 1e-12);
}

TEST(Quality, WindowsOfAFileAreAveraged) {
  EXPECT_EQ(anomaly_auc({{"n", {1}, 0}, {"n", {9}, 0}, {"a", {4}, 1}, {"a", {7}, 1}}), 1);
  EXPECT_EQ(anomaly_auc({{"n", {1, 9}, 0}, {"a", {4, 5}, 1}}), 0);
}

}  // namespace
}  // namespace tinyrig::mlperf
