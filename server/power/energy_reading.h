// From a recording to what its trigger windows hold: charge by unfiltered samples, and everything that says whether the
// numbers may be trusted. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/power/capture.h"

namespace tinyrig::power {

// [first_sample, first_sample + samples) of the recording's timeline, where lost samples keep their place.
struct TriggerWindow {
  std::uint64_t first_sample = 0;
  std::uint64_t samples = 0;
  std::uint64_t lost_samples = 0;
  std::uint64_t saturated_samples = 0;  // also those that cannot be: a range that does not exist, more than 1.1 A
  double charge_uc = 0;                 // of the samples that came
  // How far the instrument may be off, by its maker, as a part of the charge: 0.10 is 10 %.
  double accuracy = 0;
  // At the sample before and in the window's first, and at its last and the one after, the larger: what an edge that
  // falls between two samples may cost.
  double edge_current_ua = 0;
};

struct EnergyReading {
  std::uint64_t samples = 0;  // of the timeline, lost ones included
  std::uint64_t lost_samples = 0;
  std::uint64_t byte_slips = 0;    // times that words had to be found anew
  std::uint64_t short_pulses = 0;  // of the trigger, shorter than 50 us: ignored
  bool high_at_begin = false;      // the first window's begin was not seen
  bool high_at_end = false;
  std::vector<TriggerWindow> windows;  // whole ones, in order
  double idle_current_ua = 0;          // mean outside the windows, of the samples that are not saturated
  std::uint64_t idle_samples = 0;
  std::uint64_t idle_saturated_samples = 0;  // as in TriggerWindow
  std::string details;                       // for people: "PPK2, hardware 9173, calibrated"
};

/// INVALID_ARGUMENT (CAPTURE_INVALID): of a format that is not known, or its header lacks what the conversion needs.
absl::StatusOr<EnergyReading> read_capture(const Capture& capture);

}  // namespace tinyrig::power
