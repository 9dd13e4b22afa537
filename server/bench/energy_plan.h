// How many inferences a window of energy takes, and whether the recording is not too long. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"
#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::bench {

struct EnergyPlan {
  std::uint32_t windows = 0;
  std::uint32_t inferences = 0;  // in each
};

/// `one_window_ticks`: what a window of one inference took; `ticks_per_second` of the board's counter.
/// RESOURCE_EXHAUSTED (CAPTURE_TOO_LONG): the windows together would last longer than kLongestCapture.
absl::StatusOr<EnergyPlan> plan_energy(const v1::RunSettings& settings, v1::TimingSource timing_source,
                                       std::uint64_t one_window_ticks, std::uint64_t ticks_per_second);

// Of so many ticks of the board's counter, rounded up.
std::chrono::milliseconds window_length(std::uint64_t ticks, std::uint64_t ticks_per_second);

inline constexpr std::chrono::seconds kLongestCapture{150};

}  // namespace tinyrig::bench
