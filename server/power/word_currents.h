// A recording's words as currents, lost samples in their places: what everything that reads recordings has in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/power/capture.h"
#include "server/power/ppk2_words.h"

namespace tinyrig::power {

// One sample period.
struct Reading {
  double current_ua = 0;  // unfiltered
  double accuracy = 0;    // how far it may be off, by the instrument's maker, as a part of it
  bool trigger = false;
  bool saturated = false;  // beyond what the instrument can measure, or not convertible
  bool lost = false;       // nothing else is known of it then
};

class WordCurrents {
 public:
  /// INVALID_ARGUMENT (CAPTURE_INVALID): of a format that is not known, or its header lacks what the conversion needs.
  static absl::StatusOr<WordCurrents> of(const Capture& capture);

  /// Sink: void take(const Reading&), void slipped().
  template <class Sink>
  void read(std::span<const std::uint8_t> bytes, Sink& sink) {
    Words<Sink> words{*this, sink};
    decoder_.feed(bytes, words);
  }
  /// No more comes: the last of what was held back.
  template <class Sink>
  void finish(Sink& sink) {
    Words<Sink> words{*this, sink};
    decoder_.finish(words);
  }

  /// For people: "PPK2, hardware 9173, calibrated". Says which ranges lack constants of their conversion.
  std::string details() const;

 private:
  template <class Sink>
  struct Words {
    const WordCurrents& self;
    Sink& sink;

    void sample(const Ppk2Word& word) { sink.take(self.reading_of(word)); }
    void lost(std::uint64_t samples) {
      for (std::uint64_t i = 0; i < samples; ++i) sink.take(Reading{.lost = true});
    }
    void slipped() { sink.slipped(); }
  };

  WordCurrents(const Ppk2Constants& constants, double supply_v) : constants_(constants), supply_v_(supply_v) {}
  Reading reading_of(const Ppk2Word& word) const {
    // As its makers state, typically: range 4 is the one above 50 mA.
    constexpr double kAccuracy = 0.10, kAccuracyOfLastRange = 0.15;
    constexpr double kMostUa = 1.1e6;
    constexpr std::uint32_t kLastRange = kPpk2Ranges - 1;
    const std::uint32_t number = std::min(word.range, kLastRange);
    const Ppk2Range& range = constants_.ranges[number];
    Reading reading{.accuracy = number == kLastRange ? kAccuracyOfLastRange : kAccuracy,
                    .trigger = (word.logic & 1) != 0};
    if (range.shunt_ohm > 0) reading.current_ua = 1e6 * ppk2_ampere(range, word.code, supply_v_);
    // Constants that make no sense make no number.
    if (!std::isfinite(reading.current_ua)) reading.current_ua = HUGE_VAL;
    reading.saturated = range.shunt_ohm <= 0 || word.range > kLastRange || word.code == 0x3FFF ||
                        std::abs(reading.current_ua) > kMostUa;
    reading.current_ua = std::clamp(reading.current_ua, -kMostUa, kMostUa);
    return reading;
  }

  Ppk2Constants constants_;
  double supply_v_;
  Ppk2Decoder decoder_;
};

}  // namespace tinyrig::power
