// The trigger's edges in a stream of readings. Pulses and gaps shorter than 50 us are glitches of the wire: they count
// for what is around them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/power/word_currents.h"

namespace tinyrig::power {

class TriggerEdges {
 public:
  explicit TriggerEdges(std::uint32_t samples_per_second) : shortest_(samples_per_second / 20'000) {
    if (shortest_ > pending_.size()) shortest_ = pending_.size();
    if (shortest_ == 0) shortest_ = 1;
  }

  /// Sink: void begins(bool high) once, void rose(std::uint64_t at_sample), void fell(), and each reading after the
  /// edge that it follows: void high(const Reading&) or void low(const Reading&).
  template <class Sink>
  void take(const Reading& reading, Sink& sink) {
    const bool level = reading.lost ? pending_count_ != 0 ? !high_ : high_ : reading.trigger;
    ++samples_;
    if (samples_ == 1) {
      high_ = level;
      sink.begins(high_);
    }
    if (level == high_) {
      if (pending_count_ != 0) {
        ++short_pulses_;
        release(sink);
      }
      give(reading, sink);
      return;
    }
    pending_[pending_count_++] = reading;
    if (pending_count_ < shortest_) return;
    high_ = level;
    if (high_) {
      sink.rose(samples_ - pending_count_);
    } else {
      sink.fell();
    }
    release(sink);
  }
  /// An edge that was too young counts for nothing.
  template <class Sink>
  void finish(Sink& sink) {
    release(sink);
  }

  bool high() const { return high_; }
  std::uint64_t short_pulses() const { return short_pulses_; }

 private:
  template <class Sink>
  void give(const Reading& reading, Sink& sink) {
    if (high_) {
      sink.high(reading);
    } else {
      sink.low(reading);
    }
  }
  template <class Sink>
  void release(Sink& sink) {
    for (std::size_t i = 0; i < pending_count_; ++i) give(pending_[i], sink);
    pending_count_ = 0;
  }

  std::size_t shortest_;
  bool high_ = false;
  std::uint64_t samples_ = 0;
  std::uint64_t short_pulses_ = 0;
  std::array<Reading, 8> pending_{};  // of the other level
  std::size_t pending_count_ = 0;
};

}  // namespace tinyrig::power
