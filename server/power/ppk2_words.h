// What a Nordic PPK2 sends: what it says of itself, and a 32-bit little-endian word per sample. Pure.
//
//   bits 0-13   code of the converter, in units of 4
//   bits 14-16  range 0-4, by its shunt
//   bits 18-23  counter, modulo 64
//   bits 24-31  logic port D0-D7
//
// Conversion and constants as in Nordic's pc-nrfconnect-ppk (BSD-like license; the formula, not its code):
//   x = (4 code - O) * (1.8 / 163840) / R;  I = UG * (x * (GS x + GI) + S * VDD/V + I)   in ampere
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::power {

inline constexpr std::size_t kPpk2Ranges = 5;
inline constexpr std::uint32_t kPpk2SamplesPerSecond = 100'000;
inline constexpr std::size_t kPpk2WordBytes = 4;

struct Ppk2Word {
  std::uint32_t code;     // 0 to 0x3FFF, where the converter is at its end
  std::uint32_t range;    // 5 to 7 do not exist
  std::uint32_t counter;  // 0 to 63
  std::uint8_t logic;

  static Ppk2Word split(std::uint32_t word) {
    return {word & 0x3FFF, word >> 14 & 7, word >> 18 & 63, static_cast<std::uint8_t>(word >> 24)};
  }
};

// Of one range.
struct Ppk2Range {
  double shunt_ohm = 0;  // 0: not said, and nothing can be converted
  double gain_slope = 0, gain_intercept = 1, offset = 0, supply_gain = 0, current_offset = 0, user_gain = 1;
  bool complete = false;  // all were said; older firmware has no user gain, which is 1 then
};

struct Ppk2Constants {
  std::array<Ppk2Range, kPpk2Ranges> ranges;
  std::uint32_t hardware = 0;
  bool calibrated = false;  // as it says; units with a full set of constants may say no
};

/// Of "KEY: VALUE" lines that end with END; keys in any order, unknown ones are skipped, what is no number counts as
/// not said. INVALID_ARGUMENT (PPK2_METADATA_INVALID): no END, or not one range with a shunt.
absl::StatusOr<Ppk2Constants> parse_ppk2_metadata(const std::string& text);

/// A code at a supply voltage; the word's range must exist.
inline double ppk2_ampere(const Ppk2Range& range, std::uint32_t code, double supply_v) {
  constexpr double kVoltPerUnit = 1.8 / 163840;
  const double x = (4.0 * code - range.offset) * kVoltPerUnit / range.shunt_ohm;
  return range.user_gain *
         (x * (range.gain_slope * x + range.gain_intercept) + range.supply_gain * supply_v + range.current_offset);
}

/// Finds the words in bytes that may begin anywhere, with losses told from wrong counters: a jump of the counter is a
/// hole when four words confirm it; a single wrong counter is none; four words that do not follow each other at any
/// count are bytes out of step, and words are looked for at the three other places.
///
/// The word before a slip may be half of the next one: it counts as lost. A hole of a multiple of 64 words cannot be
/// seen.
///
/// Sink: void sample(Ppk2Word), void lost(std::uint64_t samples), void slipped() (before what was lost by it).
class Ppk2Decoder {
 public:
  template <class Sink>
  void feed(std::span<const std::uint8_t> bytes, Sink& sink) {
    if (rest_.empty()) {
      const std::size_t used = decode(bytes, sink);
      rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
      return;
    }
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    const std::size_t used = decode(rest_, sink);
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(used));
  }
  /// No more comes.
  template <class Sink>
  void finish(Sink& sink) {
    release(sink);
  }

 private:
  static constexpr std::size_t kConfirmed = 4;
  // Enough to look at kConfirmed words from any of the four places, and two further on.
  static constexpr std::size_t kLookAheadBytes = (kConfirmed + 2) * kPpk2WordBytes + kPpk2WordBytes - 1;

  static Ppk2Word word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < kPpk2WordBytes; ++i) word |= std::uint32_t{bytes[at + i]} << (8 * i);
    return Ppk2Word::split(word);
  }
  // So many words from `at` on count up from `counter`.
  static bool follows(std::span<const std::uint8_t> bytes, std::size_t at, std::uint32_t counter, std::size_t words) {
    for (std::size_t i = 0; i < words; ++i) {
      if (word_at(bytes, at + i * kPpk2WordBytes).counter != ((counter + i) & 63)) return false;
    }
    return true;
  }
  static bool counts_up(std::span<const std::uint8_t> bytes, std::size_t at) {
    return follows(bytes, at, word_at(bytes, at).counter, kConfirmed);
  }

  // Returns how many bytes are done with.
  template <class Sink>
  std::size_t decode(std::span<const std::uint8_t> bytes, Sink& sink) {
    std::size_t at = 0;
    while (at + kPpk2WordBytes <= bytes.size()) {
      const Ppk2Word word = word_at(bytes, at);
      if (locked_ && word.counter == expected_) {
        take(word, sink);
        at += kPpk2WordBytes;
        continue;
      }
      if (at + kLookAheadBytes > bytes.size()) break;
      at += resolve(bytes, at, word, sink);
    }
    return at;
  }

  // The word at `at` does not have the counter that is due. Returns the bytes done with.
  template <class Sink>
  std::size_t resolve(std::span<const std::uint8_t> bytes, std::size_t at, const Ppk2Word& word, Sink& sink) {
    if (locked_) {
      // One or two wrong counters, and on as before.
      for (std::uint32_t ahead = 1; ahead <= 2; ++ahead) {
        if (!follows(bytes, at + ahead * kPpk2WordBytes, expected_ + ahead, 3)) continue;
        take(word, sink);
        return kPpk2WordBytes;
      }
    }
    for (std::size_t slip = 0; slip < kPpk2WordBytes; ++slip) {
      if (!counts_up(bytes, at + slip)) continue;
      const Ppk2Word found = word_at(bytes, at + slip);
      if (slip != 0 && locked_) {
        sink.slipped();
        if (std::exchange(holds_, false)) sink.lost(1);
      }
      if (locked_) lose((found.counter - expected_) & 63, sink);
      locked_ = true;
      expected_ = found.counter;
      return slip;  // the word itself is next
    }
    if (!locked_) return 1;
    lose(1, sink);
    return kPpk2WordBytes;
  }

  template <class Sink>
  void take(const Ppk2Word& word, Sink& sink) {
    release(sink);
    held_ = word;
    holds_ = true;
    expected_ = (expected_ + 1) & 63;
  }
  template <class Sink>
  void lose(std::uint32_t samples, Sink& sink) {
    release(sink);
    expected_ = (expected_ + samples) & 63;
    if (samples != 0) sink.lost(samples);
  }
  template <class Sink>
  void release(Sink& sink) {
    if (std::exchange(holds_, false)) sink.sample(held_);
  }

  std::vector<std::uint8_t> rest_;
  bool locked_ = false;
  std::uint32_t expected_ = 0;
  Ppk2Word held_{};  // the last one; the next says whether it was whole
  bool holds_ = false;
};

}  // namespace tinyrig::power
