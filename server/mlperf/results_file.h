// What results.txt of either runner claims. Nothing is judged here. Bounded, never throws.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "server/mlperf/dut_log.h"
#include "server/mlperf/text.h"

namespace tinyrig::mlperf {

struct Stated {
  Decimal number;
  std::uint32_t line = 0;
};

struct StatedWindow {
  std::uint32_t line = 0;
  std::optional<std::uint64_t> iterations;
  std::optional<Decimal> seconds;
  std::optional<Decimal> throughput;  // inferences per second
  std::optional<Decimal> energy_uj;   // of the whole window
  std::optional<Decimal> uj_per_inference;
  std::optional<Decimal> power_mw;
};

/// Streaming wakeword: "Accuracy: 44 True positives, 6 False negatives, 4 False positives".
struct StatedDetections {
  std::uint32_t line = 0;
  std::uint64_t true_positives = 0, false_negatives = 0, false_positives = 0;
};

struct ResultsFile {
  static constexpr std::size_t kMaxWindows = 10'000;

  Runner runner = Runner::kUnknown;
  std::vector<StatedWindow> performance;
  std::vector<StatedWindow> energy;
  std::optional<Stated> median_throughput, median_energy;
  std::optional<Stated> top1, auc;
  std::optional<StatedDetections> detections;
  std::optional<Stated> duty_cycle, period_s, streaming_throughput;
  std::vector<LogLine> errors;  // e-[...]
};

ResultsFile parse_results_file(std::string_view text);

}  // namespace tinyrig::mlperf
