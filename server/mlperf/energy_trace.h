// EnergyRunner's traces: trace1-energy.bin (0xF1, float32 samples per second, then float32 microjoules per sample, all
// little-endian) and trace1-timestamps.json (seconds of the edges on the timestamp pin). The first edge is the
// `timestamp` command's; then each `infer` has one at its start and one at its end.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::mlperf {

struct EnergyTrace {
  double samples_per_second = 0;
  std::vector<float> sample_uj;

  double seconds() const { return static_cast<double>(sample_uj.size()) / samples_per_second; }
};

struct EnergyWindow {
  double start_s = 0, end_s = 0;
  double energy_uj = 0;
  double seconds() const { return end_s - start_s; }
};

constexpr std::size_t kMaxEdges = 10'000;

/// INVALID_ARGUMENT TRACE_BROKEN: no such header, half a sample, a rate or a sample that is none.
absl::StatusOr<EnergyTrace> parse_energy_trace(std::string_view bytes);

/// INVALID_ARGUMENT EDGES_BROKEN: no JSON array of at most kMaxEdges rising numbers >= 0.
absl::StatusOr<std::vector<double>> parse_edges(std::string_view json);

/// A window per pair of edges, of an odd number without the first. A sample belongs to the window that its time lies
/// in; the time is added up sample by sample, as EnergyRunner does: its figures come out to 1e-9.
std::vector<EnergyWindow> energy_windows(const EnergyTrace& trace, const std::vector<double>& edges);

}  // namespace tinyrig::mlperf
