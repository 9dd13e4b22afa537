// Accuracy out of results, where the files tell what was right. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/mlperf/benchmarks.h"

namespace tinyrig::mlperf {

/// One input's outputs, and the class that it is.
struct Judged {
  std::string input;
  std::vector<float> results;
  std::optional<std::int64_t> label;
};

/// By the names of the data sets: "tst_000000_Stop_7.bin" is 7; of anomaly detection "anomaly_..." is 1 and
/// "normal_..." 0. None: this benchmark's names do not tell.
std::optional<std::int64_t> label_of_name(Benchmark benchmark, std::string_view input);

/// Percent of inputs whose largest result (the first of equals) is their class. None: no input, or one has no label
/// or no results.
std::optional<double> top1_percent(const std::vector<Judged>& inputs);

/// Area under the ROC curve of (score, whether it is an anomaly), equals counted half. None: only one kind.
struct Scored {
  double score = 0;
  bool positive = false;
};
std::optional<double> area_under_roc(std::vector<Scored> scores);

/// Windows of one file are averaged, then judged. None as above.
std::optional<double> anomaly_auc(const std::vector<Judged>& windows);

}  // namespace tinyrig::mlperf
