#include "server/bench/energy_result.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/power/energy_reading.h"
#include "server/stats/stats.h"

namespace tinyrig::bench {
namespace {

// More of a window's samples lost, and its sum says too little.
constexpr double kMostLost = 0.001;
// Instrument and board may disagree on a window's length by their clocks, or by where its edges fall.
constexpr double kClockTolerance = 0.001;
constexpr double kEdgeToleranceUs = 30;

// What one window's numbers are made with.
struct Scale {
  double volt;
  double us_per_sample;
  double ticks_per_us;
};

v1::EnergyWindow window_of(const power::TriggerWindow& seen, const agent::v1::EnergyDone& done, const Scale& scale) {
  v1::EnergyWindow window;
  window.set_inferences(done.inferences());
  window.set_first_sample(seen.first_sample);
  window.set_samples(seen.samples);
  window.set_lost_samples(seen.lost_samples);
  window.set_saturated_samples(seen.saturated_samples);
  window.set_energy_uj(seen.charge_uc * scale.volt);
  window.set_instrument_us(static_cast<double>(seen.samples) * scale.us_per_sample);
  window.set_board_us(static_cast<double>(done.window_ticks()) / scale.ticks_per_us);
  const auto came = static_cast<double>(seen.samples - seen.lost_samples);
  if (came > 0) window.set_mean_current_ua(seen.charge_uc / (came * scale.us_per_sample) * 1e6);
  return window;
}

// Of one inference, as far as this window tells.
double uncertainty_uj(const power::TriggerWindow& seen, const v1::EnergyWindow& window, const Scale& scale) {
  const double uj_per_ua_sample = scale.volt * scale.us_per_sample / 1e6;
  const double accuracy = seen.accuracy * window.energy_uj();
  const double edges = 2 * seen.edge_current_ua * uj_per_ua_sample;
  const double losses = static_cast<double>(seen.lost_samples) * window.mean_current_ua() * uj_per_ua_sample;
  return std::sqrt(accuracy * accuracy + edges * edges + losses * losses) / window.inferences();
}

void check_window(const v1::EnergyWindow& window, std::size_t number, std::uint32_t least_ms,
                  std::vector<std::string>& broken) {
  const double tolerance_us = std::max(kEdgeToleranceUs, kClockTolerance * window.board_us());
  if (std::abs(window.instrument_us() - window.board_us()) > tolerance_us) {
    broken.push_back(absl::StrFormat(
        "energy window %d lasted %.0f us by the instrument and %.0f us by the board's counter: a clock is off, or the "
        "trigger is not the board's",
        number, window.instrument_us(), window.board_us()));
  }
  if (static_cast<double>(window.lost_samples()) > kMostLost * static_cast<double>(window.samples())) {
    broken.push_back(absl::StrFormat("%d of %d samples of energy window %d were lost", window.lost_samples(),
                                     window.samples(), number));
  }
  if (window.saturated_samples() != 0) {
    broken.push_back(absl::StrFormat("%d samples of energy window %d were beyond what the instrument can measure",
                                     window.saturated_samples(), number));
  }
  if (window.instrument_us() < least_ms * 1e3 - kEdgeToleranceUs) {
    broken.push_back(absl::StrFormat("energy window %d lasted %.3f ms, and %d ms were asked for", number,
                                     window.instrument_us() / 1e3, least_ms));
  }
}

// What the agent said of its windows.
void check_agent(const RunRecording& recording, std::vector<std::string>& broken) {
  const std::vector<agent::v1::EnergyDone>& windows = recording.energy.windows;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i].interrupts() != 0) {
      broken.push_back(absl::StrCat(windows[i].interrupts(), " interrupts ran in energy window ", i + 1));
    }
    if (!recording.sessions.empty() && windows[i].output_fnv1a32() != recording.sessions.front().output_fnv1a32) {
      broken.push_back(absl::StrCat("energy window ", i + 1, " computed other outputs than session 1"));
    }
  }
}

void check_trigger(const power::EnergyReading& reading, std::size_t expected, std::vector<std::string>& broken) {
  if (reading.windows.size() != expected || reading.high_at_begin || reading.high_at_end) {
    broken.push_back(absl::StrCat("the instrument saw the trigger rise and fall ", reading.windows.size(),
                                  " times, and the board measured ", expected, " windows",
                                  reading.high_at_begin ? "; the trigger was high from the start" : "",
                                  reading.high_at_end ? "; the trigger was still high at the end" : "",
                                  ": check the wire from the board's trigger to the instrument"));
  }
}

void check_idle(const power::EnergyReading& reading, std::vector<std::string>& broken) {
  const std::uint64_t all = reading.idle_samples + reading.idle_saturated_samples;
  if (static_cast<double>(reading.idle_saturated_samples) <= kMostLost * static_cast<double>(all)) return;
  broken.push_back(absl::StrFormat(
      "%d of %d samples between the windows were beyond what the instrument can measure: idle power is not known",
      reading.idle_saturated_samples, all));
}

void summarize(const power::EnergyReading& reading, const Scale& scale, v1::EnergyResult& result) {
  std::vector<double> per_inference;
  double energy_uj = 0, length_us = 0;
  for (std::size_t i = 0; i < reading.windows.size(); ++i) {
    const v1::EnergyWindow& window = result.windows(static_cast<int>(i));
    per_inference.push_back(window.energy_uj() / window.inferences());
    energy_uj += window.energy_uj();
    length_us += window.instrument_us();
    result.set_uncertainty_uj(std::max(result.uncertainty_uj(), uncertainty_uj(reading.windows[i], window, scale)));
  }
  result.set_energy_per_inference_uj(stats::median(per_inference));
  *result.mutable_interval_uj() = stats::session_interval(per_inference);
  result.set_average_power_uw(length_us > 0 ? energy_uj / length_us * 1e6 : 0);
  result.set_idle_power_uw(reading.idle_current_ua * scale.volt);
  const double inferences = result.windows(0).inferences() * static_cast<double>(per_inference.size());
  const double idle_uj = result.idle_power_uw() * length_us / inferences / 1e6;
  result.set_net_energy_per_inference_uj(result.energy_per_inference_uj() - idle_uj);
}

}  // namespace

EnergyStatement energy_of(const RunRecording& recording, const boards::CatalogEntry& board_type,
                          const v1::RunSettings& settings) {
  EnergyStatement statement;
  v1::EnergyResult& result = statement.result;
  const power::Capture& capture = recording.energy.capture;
  result.set_method(board_type.type.emulated() ? v1::ENERGY_METHOD_MODELLED : v1::ENERGY_METHOD_MEASURED);
  result.set_instrument(capture.format);
  result.set_supply_mv(capture.supply_mv);
  result.set_samples_per_second(capture.samples_per_second);
  check_agent(recording, statement.broken_rules);
  const absl::StatusOr<power::EnergyReading> reading = power::read_capture(capture);
  if (!reading.ok()) {
    statement.broken_rules.push_back(
        absl::StrCat("the instrument's recording cannot be read: ", std::string(reading.status().message())));
    return statement;
  }
  result.set_instrument_details(reading->details);
  result.set_samples(reading->samples);
  result.set_lost_samples(reading->lost_samples);
  check_trigger(*reading, recording.energy.windows.size(), statement.broken_rules);
  check_idle(*reading, statement.broken_rules);
  // Which is which is not known when some are missing.
  if (reading->windows.empty() || reading->windows.size() != recording.energy.windows.size()) return statement;
  const Scale scale{.volt = capture.supply_mv / 1e3,
                    .us_per_sample = 1e6 / capture.samples_per_second,
                    .ticks_per_us = std::max(1.0, static_cast<double>(recording.hello.ticks_per_second())) / 1e6};
  for (std::size_t i = 0; i < reading->windows.size(); ++i) {
    v1::EnergyWindow& window = *result.add_windows();
    window = window_of(reading->windows[i], recording.energy.windows[i], scale);
    check_window(window, i + 1, settings.energy_window_ms(), statement.broken_rules);
  }
  summarize(*reading, scale, result);
  return statement;
}

}  // namespace tinyrig::bench
