// A recording for charts: any part of it in few points, and its exact sum, by a pyramid of sums over 64, 64 * 64, ...
// samples. A part of n samples costs about 64 log64(n) additions, wherever it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/power/capture.h"

namespace tinyrig::power {

class EnergyTrace {
 public:
  // Some samples together. Without any that came, the currents are 0.
  struct Part {
    std::uint64_t samples = 0;
    std::uint64_t lost_samples = 0;
    float min_ua = 0;
    float max_ua = 0;
    double sum_ua = 0;  // over those that came

    double mean_ua() const {
      return samples == lost_samples ? 0 : sum_ua / static_cast<double>(samples - lost_samples);
    }
  };

  /// Errors of read_capture().
  static absl::StatusOr<EnergyTrace> read(const Capture& capture);
  /// Currents in microampere; what is no number was lost.
  EnergyTrace(std::vector<float> samples_ua, std::uint32_t samples_per_second, std::uint32_t supply_mv);

  std::uint64_t samples() const { return samples_ua_.size(); }
  std::uint32_t samples_per_second() const { return samples_per_second_; }
  std::uint32_t supply_mv() const { return supply_mv_; }
  std::size_t memory_bytes() const;

  /// [first, first + count), which must lie within samples().
  Part part(std::uint64_t first, std::uint64_t count) const;
  double energy_uj(const Part& part) const;
  double duration_us(const Part& part) const;

 private:
  static constexpr std::uint64_t kFanOut = 64;

  std::vector<float> samples_ua_;
  std::vector<std::vector<Part>> levels_;  // of kFanOut, kFanOut^2, ... samples; whole ones only
  std::uint32_t samples_per_second_;
  std::uint32_t supply_mv_;
};

}  // namespace tinyrig::power
