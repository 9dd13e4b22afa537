#include "server/bench/energy_plan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "server/base/error.h"

namespace tinyrig::bench {
namespace {

// A window of many may be a little shorter than so many windows of one: caches are warmer. A process of a host runs as
// fast as others let it.
constexpr double kMargin = 1.05;
constexpr double kHostMargin = 2;
// What an agent takes.
constexpr double kMostInferences = 100'000;

}  // namespace

absl::StatusOr<EnergyPlan> plan_energy(const v1::RunSettings& settings, v1::TimingSource timing_source,
                                       std::uint64_t one_window_ticks, std::uint64_t ticks_per_second) {
  const double margin = timing_source == v1::TIMING_SOURCE_HOST_CLOCK ? kHostMargin : kMargin;
  const double one_s = static_cast<double>(std::max<std::uint64_t>(one_window_ticks, 1)) /
                       static_cast<double>(std::max<std::uint64_t>(ticks_per_second, 1));
  const double wanted_s = settings.energy_window_ms() / 1e3;
  // Not one more for the last bit of a quotient that is whole.
  const double inferences = std::clamp(std::ceil(wanted_s * margin / one_s - 1e-6), 1.0, kMostInferences);
  const double all_s = inferences * one_s * settings.energy_windows();
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
  return plan;
}

std::chrono::milliseconds window_length(std::uint64_t ticks, std::uint64_t ticks_per_second) {
  const double ms =
      1e3 * static_cast<double>(ticks) / static_cast<double>(std::max<std::uint64_t>(ticks_per_second, 1));
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(ms)));
}

}  // namespace tinyrig::bench
