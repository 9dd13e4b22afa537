// The benchmarks of the suite, as its rules and its checker know them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tinyrig::mlperf {

enum class Benchmark : std::uint8_t { kUnknown, kKws, kVww, kIc, kIc2, kAd, kSww };
enum class Mode : std::uint8_t { kUnknown, kPerformance, kAccuracy, kEnergy };
enum class Division : std::uint8_t { kUnknown, kClosed, kOpen };  // unknown: judged as closed
enum class QualityMetric : std::uint8_t { kTop1, kAuc, kDetections };

struct BenchmarkFacts {
  Benchmark benchmark;
  std::string_view name;                      // of folders
  std::array<std::string_view, 2> model_ids;  // m-model-[...]
  std::array<std::uint32_t, 2> input_counts;  // of an accuracy run; any of them
  std::uint32_t outputs;                      // numbers in m-results
  QualityMetric metric;
  double target;  // closed division; kDetections: see limits::kMaxFalse...
};

/// Without kUnknown.
std::span<const BenchmarkFacts> benchmarks();
/// nullptr for kUnknown.
const BenchmarkFacts* facts_of(Benchmark benchmark);

Benchmark benchmark_of_model(std::string_view model_id);
/// Of a folder: "kws", and the long names of the checker's map.
Benchmark benchmark_of_folder(std::string_view name);
Mode mode_of_folder(std::string_view name);

std::string_view name_of(Benchmark benchmark);
std::string_view name_of(Mode mode);
std::string_view name_of(Division division);

}  // namespace tinyrig::mlperf
