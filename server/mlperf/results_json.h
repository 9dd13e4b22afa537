// results.json of the MLC runner: per input what was sent, what came out, and the raw energy samples.
// Read in one pass without a tree, since an energy run has a million samples. Bounded, never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::mlperf {

struct Trial {
  std::string input;
  std::optional<std::int64_t> label;  // "class"
  std::optional<std::uint64_t> start_us, end_us, elapsed_us;
  std::optional<std::uint64_t> iterations;
  std::optional<double> throughput;
  std::vector<float> results;
  std::vector<float> samples_j;
  std::vector<std::uint64_t> events;  // indices of samples
  std::optional<double> voltage_v;
  std::string mode;  // "p", "e", "a"
};

constexpr std::size_t kMaxTrials = 10'000;
constexpr std::size_t kMaxJsonSamples = 16'000'000;  // of all trials: four hours at 1 kHz
constexpr double kMlcSamplesPerSecond = 1000;        // virtual_sampling_rate

/// INVALID_ARGUMENT RESULTS_JSON_BROKEN.
absl::StatusOr<std::vector<Trial>> parse_results_json(std::string_view text);

/// Of samples between the last two events: "results" of one trial's window. None: fewer events, or outside.
struct TrialEnergy {
  double energy_uj = 0;
  double seconds = 0;
};
std::optional<TrialEnergy> energy_of(const Trial& trial);

}  // namespace tinyrig::mlperf
