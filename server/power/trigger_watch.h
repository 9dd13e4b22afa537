// Follows the trigger while a recording comes in: how often it fell, and for how long it has been low.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "server/power/trigger_edges.h"
#include "server/power/word_currents.h"

namespace tinyrig::power {

class TriggerWatch {
 public:
  /// Of a recording as it is at its begin: without bytes. Errors of read_capture().
  static absl::StatusOr<TriggerWatch> of(const Capture& capture) {
    absl::StatusOr<WordCurrents> currents = WordCurrents::of(capture);
    if (!currents.ok()) return currents.status();
    return TriggerWatch(*std::move(currents), capture.samples_per_second);
  }

  /// The next bytes, cut anywhere.
  void take(std::span<const std::uint8_t> bytes) { currents_.read(bytes, *this); }

  std::uint32_t falls() const { return falls_; }
  /// Since the last fall, or the begin; 0 while it is high.
  std::uint64_t low_samples() const { return low_samples_; }

  // Of WordCurrents and TriggerEdges.
  void take(const Reading& reading) { edges_.take(reading, *this); }
  void slipped() {}
  void begins(bool) {}
  void rose(std::uint64_t) {}
  void fell() { ++falls_; }
  void high(const Reading&) { low_samples_ = 0; }
  void low(const Reading&) { ++low_samples_; }

 private:
  TriggerWatch(WordCurrents currents, std::uint32_t samples_per_second)
      : currents_(std::move(currents)), edges_(samples_per_second) {}

  WordCurrents currents_;
  TriggerEdges edges_;
  std::uint32_t falls_ = 0;
  std::uint64_t low_samples_ = 0;
};

}  // namespace tinyrig::power
