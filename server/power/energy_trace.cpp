#include "server/power/energy_trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "server/power/word_currents.h"

namespace tinyrig::power {
namespace {

using Part = EnergyTrace::Part;

void add(Part& part, float current_ua) {
  ++part.samples;
  if (std::isnan(current_ua)) {
    ++part.lost_samples;
    return;
  }
  const bool first = part.samples == part.lost_samples + 1;
  part.min_ua = first ? current_ua : std::min(part.min_ua, current_ua);
  part.max_ua = first ? current_ua : std::max(part.max_ua, current_ua);
  part.sum_ua += current_ua;
}

void add(Part& part, const Part& more) {
  const bool had_any = part.samples != part.lost_samples;
  const bool has_any = more.samples != more.lost_samples;
  if (has_any) {
    part.min_ua = had_any ? std::min(part.min_ua, more.min_ua) : more.min_ua;
    part.max_ua = had_any ? std::max(part.max_ua, more.max_ua) : more.max_ua;
  }
  part.samples += more.samples;
  part.lost_samples += more.lost_samples;
  part.sum_ua += more.sum_ua;
}

// Every reading as a chart has it.
struct Collector {
  std::vector<float> samples_ua;

  void take(const Reading& reading) {
    samples_ua.push_back(reading.lost ? std::numeric_limits<float>::quiet_NaN()
                                      : static_cast<float>(reading.current_ua));
  }
  void slipped() {}
};

}  // namespace

absl::StatusOr<EnergyTrace> EnergyTrace::read(const Capture& capture) {
  absl::StatusOr<WordCurrents> currents = WordCurrents::of(capture);
  if (!currents.ok()) return currents.status();
  Collector collector;
  collector.samples_ua.reserve(capture.bytes.size() / kPpk2WordBytes);
  currents->read(capture.bytes, collector);
  currents->finish(collector);
  return EnergyTrace(std::move(collector.samples_ua), capture.samples_per_second, capture.supply_mv);
}

EnergyTrace::EnergyTrace(std::vector<float> samples_ua, std::uint32_t samples_per_second, std::uint32_t supply_mv)
    : samples_ua_(std::move(samples_ua)), samples_per_second_(samples_per_second), supply_mv_(supply_mv) {
  std::vector<Part> first_level(samples_ua_.size() / kFanOut);
  for (std::size_t i = 0; i < first_level.size() * kFanOut; ++i) add(first_level[i / kFanOut], samples_ua_[i]);
  while (!first_level.empty()) {
    levels_.push_back(std::move(first_level));
    const std::vector<Part>& below = levels_.back();
    first_level.assign(below.size() / kFanOut, Part{});
    for (std::size_t i = 0; i < first_level.size() * kFanOut; ++i) add(first_level[i / kFanOut], below[i]);
  }
}

std::size_t EnergyTrace::memory_bytes() const {
  std::size_t bytes = samples_ua_.capacity() * sizeof(float);
  for (const std::vector<Part>& level : levels_) bytes += level.capacity() * sizeof(Part);
  return bytes;
}

Part EnergyTrace::part(std::uint64_t first, std::uint64_t count) const {
  Part part;
  const std::uint64_t end = first + count;
  for (std::uint64_t at = first; at < end;) {
    // The largest whole piece that begins here and does not reach beyond the end.
    std::size_t level = 0;
    std::uint64_t length = 1;
    while (level < levels_.size() && at % (length * kFanOut) == 0 && at + length * kFanOut <= end) {
      length *= kFanOut;
      ++level;
    }
    if (level == 0) {
      add(part, samples_ua_[at]);
    } else {
      add(part, levels_[level - 1][at / length]);
    }
    at += length;
  }
  return part;
}

double EnergyTrace::energy_uj(const Part& part) const { return part.sum_ua / samples_per_second_ * (supply_mv_ / 1e3); }

double EnergyTrace::duration_us(const Part& part) const {
  return static_cast<double>(part.samples) * 1e6 / samples_per_second_;
}

}  // namespace tinyrig::power
