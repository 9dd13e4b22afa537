#include "server/mlperf/energy_trace.h"

#include <bit>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstdint>
#include <utility>

#include "server/base/error.h"
#include "server/mlperf/text.h"

namespace tinyrig::mlperf {
namespace {

constexpr unsigned char kMagic = 0xF1;
constexpr std::size_t kHeaderBytes = 5;
constexpr double kMaxRate = 1e7;

float float_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= std::uint32_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return std::bit_cast<float>(word);
}

absl::Status broken_trace(std::string message) {
  return make_error(absl::StatusCode::kInvalidArgument, "TRACE_BROKEN", std::move(message));
}

absl::Status broken_edges(std::string message) {
  return make_error(absl::StatusCode::kInvalidArgument, "EDGES_BROKEN", std::move(message));
}

}  // namespace

absl::StatusOr<EnergyTrace> parse_energy_trace(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || static_cast<unsigned char>(bytes[0]) != kMagic) {
    return broken_trace("it does not begin with 0xF1 and a rate");
  }
  if ((bytes.size() - kHeaderBytes) % 4 != 0) return broken_trace("the last sample is not whole");
  EnergyTrace trace;
  trace.samples_per_second = static_cast<double>(float_at(bytes, 1));
  if (!(trace.samples_per_second >= 1 && trace.samples_per_second <= kMaxRate)) {
    return broken_trace(concat("its rate is ", trace.samples_per_second, " samples per second"));
  }
  const std::size_t samples = (bytes.size() - kHeaderBytes) / 4;
  trace.sample_uj.reserve(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const float sample = float_at(bytes, kHeaderBytes + 4 * i);
    if (!std::isfinite(sample)) return broken_trace(concat("sample ", i, " is no number"));
    trace.sample_uj.push_back(sample);
  }
  return trace;
}

absl::StatusOr<std::vector<double>> parse_edges(std::string_view json) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  if (error || !value.is_array()) return broken_edges("it is no JSON array");
  if (value.get_array().size() > kMaxEdges) return broken_edges(concat("more than ", kMaxEdges, " edges"));
  std::vector<double> edges;
  for (const boost::json::value& item : value.get_array()) {
    if (!item.is_number()) return broken_edges(concat("edge ", edges.size(), " is no number"));
    const double edge = item.is_double()  ? item.get_double()
                        : item.is_int64() ? static_cast<double>(item.get_int64())
                                          : static_cast<double>(item.get_uint64());
    if (!std::isfinite(edge) || edge < 0 || (!edges.empty() && edge <= edges.back())) {
      return broken_edges(concat("edge ", edges.size(), " at ", edge, " s is not behind the one before"));
    }
    edges.push_back(edge);
  }
  return edges;
}

std::vector<EnergyWindow> energy_windows(const EnergyTrace& trace, const std::vector<double>& edges) {
  std::vector<EnergyWindow> windows;
  for (std::size_t i = edges.size() % 2; i + 1 < edges.size(); i += 2) windows.push_back({edges[i], edges[i + 1], 0});
  const double step = 1 / trace.samples_per_second;
  double time = 0;
  auto window = windows.begin();
  for (const float sample : trace.sample_uj) {
    while (window != windows.end() && time > window->end_s) ++window;
    if (window == windows.end()) break;
    if (time > window->start_s) window->energy_uj += static_cast<double>(sample);
    time += step;
  }
  return windows;
}

}  // namespace tinyrig::mlperf
