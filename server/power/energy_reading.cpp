#include "server/power/energy_reading.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/power/trigger_edges.h"
#include "server/power/word_currents.h"

namespace tinyrig::power {
namespace {

// Next to an edge the board is neither idle nor in a window for sure.
constexpr std::uint64_t kGuardSamples = 10;
// More than this of a recording's time missing is no delay of starting and stopping.
constexpr double kUnexplained = 0.001;
constexpr double kUnexplainedUs = 20'000;

// The mean outside the windows, a guard before and after each left out.
class Idle {
 public:
  void add(const Reading& reading) {
    if (reading.lost) return;
    if (reading.saturated) {
      ++saturated_;
      return;
    }
    if (since_window_ < kGuardSamples) {
      ++since_window_;
      return;
    }
    if (held_count_ == held_.size()) {
      sum_ua_ += held_[next_];
      ++samples_;
    } else {
      ++held_count_;
    }
    held_[next_] = reading.current_ua;
    next_ = (next_ + 1) % held_.size();
  }
  // What is held was next to the edge.
  void window_begins() {
    held_count_ = 0;
    since_window_ = 0;
  }
  void finish(EnergyReading& reading) {
    for (std::size_t i = 0; i < held_count_; ++i) sum_ua_ += held_[i];
    samples_ += held_count_;
    reading.idle_samples = samples_;
    reading.idle_saturated_samples = saturated_;
    if (samples_ != 0) reading.idle_current_ua = sum_ua_ / static_cast<double>(samples_);
  }

 private:
  std::array<double, kGuardSamples> held_{};
  std::size_t held_count_ = 0, next_ = 0;
  std::uint64_t since_window_ = kGuardSamples;
  double sum_ua_ = 0;
  std::uint64_t samples_ = 0, saturated_ = 0;
};

// Follows the trigger over the readings of a recording.
class Reader {
 public:
  explicit Reader(std::uint32_t samples_per_second)
      : us_per_sample_(1e6 / samples_per_second), edges_(samples_per_second) {}

  void take(const Reading& reading) {
    ++reading_.samples;
    if (reading.lost) ++reading_.lost_samples;
    edges_.take(reading, *this);
  }
  void slipped() { ++reading_.byte_slips; }

  // Of TriggerEdges.
  void begins(bool high) {
    reading_.high_at_begin = high;
    if (high) idle_.window_begins();
  }
  void rose(std::uint64_t at) {
    idle_.window_begins();
    window_ = {.first_sample = at, .edge_current_ua = last_ua_};
    accuracy_uc_ = 0;
    whole_ = true;
  }
  void fell() {
    if (!std::exchange(whole_, false)) return;
    window_.edge_current_ua = std::max(window_.edge_current_ua, last_ua_);
    if (window_.charge_uc > 0) window_.accuracy = accuracy_uc_ / window_.charge_uc;
    reading_.windows.push_back(window_);
    fell_just_now_ = true;
  }
  void low(const Reading& reading) {
    if (std::exchange(fell_just_now_, false) && !reading.lost) {
      double& edge_ua = reading_.windows.back().edge_current_ua;
      edge_ua = std::max(edge_ua, reading.current_ua);
    }
    idle_.add(reading);
    if (!reading.lost) last_ua_ = reading.current_ua;
  }
  void high(const Reading& reading) {
    ++window_.samples;
    if (reading.lost) {
      ++window_.lost_samples;
      return;
    }
    if (window_.samples == 1) window_.edge_current_ua = std::max(window_.edge_current_ua, reading.current_ua);
    if (reading.saturated) ++window_.saturated_samples;
    const double charge_uc = reading.current_ua * us_per_sample_ / 1e6;
    window_.charge_uc += charge_uc;
    accuracy_uc_ += charge_uc * reading.accuracy;
    last_ua_ = reading.current_ua;
  }

  EnergyReading finish(const Capture& capture) {
    edges_.finish(*this);
    reading_.short_pulses = edges_.short_pulses();
    reading_.high_at_end = edges_.high();
    idle_.finish(reading_);
    // Whole blocks that the counter cannot show: time passed, and too few samples came.
    const double missing_us =
        static_cast<double>(capture.host_us) - static_cast<double>(reading_.samples) * us_per_sample_;
    if (missing_us > kUnexplainedUs + kUnexplained * static_cast<double>(capture.host_us)) {
      reading_.lost_samples += static_cast<std::uint64_t>(missing_us / us_per_sample_);
    }
    return std::move(reading_);
  }

 private:
  const double us_per_sample_;
  TriggerEdges edges_;
  EnergyReading reading_;
  TriggerWindow window_;
  double accuracy_uc_ = 0;
  bool whole_ = false;  // the begin of the window was seen
  bool fell_just_now_ = false;
  double last_ua_ = 0;
  Idle idle_;
};

}  // namespace

absl::StatusOr<EnergyReading> read_capture(const Capture& capture) {
  TINYRIG_ASSIGN_OR_RETURN(WordCurrents currents, WordCurrents::of(capture));
  Reader reader(capture.samples_per_second);
  currents.read(capture.bytes, reader);
  currents.finish(reader);
  EnergyReading reading = reader.finish(capture);
  reading.details = currents.details();
  return reading;
}

}  // namespace tinyrig::power
