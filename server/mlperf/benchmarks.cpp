#include "server/mlperf/benchmarks.h"

#include <algorithm>

namespace tinyrig::mlperf {
namespace {

// Targets: MLPerfTiny_Rules.adoc (closed division) and MODEL_CONFIG of tools/submission/submission_checker.py.
// Inputs and outputs: y_labels.csv (and y_labels_alt.csv of ad, since v1.2), evaluation/datasets/README.md.
constexpr std::array kBenchmarks = {
    BenchmarkFacts{Benchmark::kKws, "kws", {"kws01", ""}, {1000, 1000}, 12, QualityMetric::kTop1, 90},
    BenchmarkFacts{Benchmark::kVww, "vww", {"vww01", ""}, {1000, 1000}, 2, QualityMetric::kTop1, 80},
    BenchmarkFacts{Benchmark::kIc, "ic", {"ic01", ""}, {200, 200}, 10, QualityMetric::kTop1, 85},
    BenchmarkFacts{Benchmark::kIc2, "ic2", {"ic02", ""}, {200, 200}, 10, QualityMetric::kTop1, 91},
    BenchmarkFacts{Benchmark::kAd, "ad", {"ad01", ""}, {248, 72}, 1, QualityMetric::kAuc, 0.85},
    BenchmarkFacts{Benchmark::kSww, "sww", {"sww01", "strww01"}, {1, 1}, 3, QualityMetric::kDetections, 0},
};

struct LongName {
  std::string_view folder;
  Benchmark benchmark;
};
constexpr std::array kLongNames = {
    LongName{"keyword_spotting", Benchmark::kKws},    LongName{"visual_wake_words", Benchmark::kVww},
    LongName{"image_classification", Benchmark::kIc}, LongName{"ic02", Benchmark::kIc2},
    LongName{"anomaly_detection", Benchmark::kAd},    LongName{"streaming_wakeword_detection", Benchmark::kSww},
    LongName{"streaming_wakeword", Benchmark::kSww},
};

}  // namespace

std::span<const BenchmarkFacts> benchmarks() { return kBenchmarks; }

const BenchmarkFacts* facts_of(Benchmark benchmark) {
  const auto* const found = std::ranges::find(kBenchmarks, benchmark, &BenchmarkFacts::benchmark);
  return found == kBenchmarks.end() ? nullptr : found;
}

Benchmark benchmark_of_model(std::string_view model_id) {
  if (model_id.empty()) return Benchmark::kUnknown;
  for (const BenchmarkFacts& facts : kBenchmarks) {
    if (std::ranges::find(facts.model_ids, model_id) != facts.model_ids.end()) return facts.benchmark;
  }
  return Benchmark::kUnknown;
}

Benchmark benchmark_of_folder(std::string_view name) {
  for (const BenchmarkFacts& facts : kBenchmarks) {
    if (facts.name == name) return facts.benchmark;
  }
  for (const LongName& known : kLongNames) {
    if (known.folder == name) return known.benchmark;
  }
  return benchmark_of_model(name);
}

Mode mode_of_folder(std::string_view name) {
  for (const Mode mode : {Mode::kPerformance, Mode::kAccuracy, Mode::kEnergy}) {
    if (name == name_of(mode)) return mode;
  }
  return name == "power" ? Mode::kEnergy : Mode::kUnknown;
}

std::string_view name_of(Benchmark benchmark) {
  const BenchmarkFacts* facts = facts_of(benchmark);
  return facts == nullptr ? "unknown" : facts->name;
}

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::kPerformance:
      return "performance";
    case Mode::kAccuracy:
      return "accuracy";
    case Mode::kEnergy:
      return "energy";
    case Mode::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(Division division) {
  switch (division) {
    case Division::kClosed:
      return "closed";
    case Division::kOpen:
      return "open";
    case Division::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace tinyrig::mlperf
