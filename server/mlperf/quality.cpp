#include "server/mlperf/quality.h"

#include <algorithm>
#include <map>

#include "server/mlperf/text.h"

namespace tinyrig::mlperf {

std::optional<std::int64_t> label_of_name(Benchmark benchmark, std::string_view input) {
  if (benchmark == Benchmark::kKws) {
    const std::size_t underscore = input.rfind('_');
    if (!input.starts_with("tst_") || underscore == std::string_view::npos) return std::nullopt;
    const auto label = leading_count(input.substr(underscore + 1));
    return label.has_value() && *label < 12 ? std::optional(static_cast<std::int64_t>(*label)) : std::nullopt;
  }
  if (benchmark == Benchmark::kAd) {
    if (input.starts_with("anomaly")) return 1;
    if (input.starts_with("normal")) return 0;
  }
  return std::nullopt;
}

std::optional<double> top1_percent(const std::vector<Judged>& inputs) {
  if (inputs.empty()) return std::nullopt;
  std::size_t right = 0;
  for (const Judged& input : inputs) {
    if (!input.label.has_value() || input.results.empty()) return std::nullopt;
    right += std::ranges::max_element(input.results) - input.results.begin() == *input.label ? 1 : 0;
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(inputs.size());
}

std::optional<double> area_under_roc(std::vector<Scored> scores) {
  std::ranges::sort(scores, {}, &Scored::score);
  double positives = 0;
  double rank_sum = 0;
  for (std::size_t i = 0; i < scores.size();) {
    std::size_t end = i;
    double positives_here = 0;
    while (end < scores.size() && !(scores[end].score > scores[i].score))
      positives_here += scores[end++].positive ? 1 : 0;
    rank_sum += positives_here * (static_cast<double>(i + 1) + static_cast<double>(end)) / 2;
    positives += positives_here;
    i = end;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

std::optional<double> anomaly_auc(const std::vector<Judged>& windows) {
  struct Sum {
    double score = 0;
    double windows = 0;
    bool anomaly = false;
  };
  std::map<std::string_view, Sum> files;
  for (const Judged& window : windows) {
    if (!window.label.has_value() || window.results.empty()) return std::nullopt;
    Sum& sum = files[window.input];
    sum.anomaly = *window.label == 1;
    for (const float score : window.results) sum.score += static_cast<double>(score);
    sum.windows += static_cast<double>(window.results.size());
  }
  std::vector<Scored> scores;
  for (const auto& [file, sum] : files) scores.push_back({sum.score / sum.windows, sum.anomaly});
  return area_under_roc(std::move(scores));
}

}  // namespace tinyrig::mlperf
