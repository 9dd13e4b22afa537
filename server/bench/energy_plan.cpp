#include "server/bench/energy_plan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "server/base/error.h"

namespace tinyrig::bench {
namespace {

// A window of many may be a little shorter than so many windows of one: caches are warmer.
constexpr double kMargin = 1.05;
// What an agent takes.
constexpr double kMostInferences = 100'000;

}  // namespace

absl::StatusOr<EnergyPlan> plan_energy(const v1::RunSettings& settings, std::uint64_t one_window_ticks,
                                       std::uint64_t ticks_per_second) {
  const double one_s = static_cast<double>(std::max<std::uint64_t>(one_window_ticks, 1)) /
                       static_cast<double>(std::max<std::uint64_t>(ticks_per_second, 1));
  const double wanted_s = settings.energy_window_ms() / 1e3;
  const double inferences = std::clamp(std::ceil(wanted_s * kMargin / one_s), 1.0, kMostInferences);
  const double window_s = inferences * one_s;
  const double all_s = window_s * settings.energy_windows();
  if (all_s > std::chrono::duration<double>(kLongestCapture).count()) {
    return make_error(
        absl::StatusCode::kResourceExhausted, "CAPTURE_TOO_LONG",
        absl::StrFormat("one inference takes %.1f s by the board's clock: %d windows of it would be a recording of "
                        "%.0f s, at most %d s are taken",
                        one_s, settings.energy_windows(), all_s, kLongestCapture.count()),
        "Ask for fewer windows with --energy-windows, or measure on a faster board.");
  }
  EnergyPlan plan;
  plan.windows = settings.energy_windows();
  plan.inferences = static_cast<std::uint32_t>(inferences);
  plan.window_length = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(window_s * 1e3)));
  return plan;
}

}  // namespace tinyrig::bench
