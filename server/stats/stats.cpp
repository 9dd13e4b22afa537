#include "server/stats/stats.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace tinyrig::stats {
namespace {

double median_of_sorted(std::span<const double> sorted) { return quantile_sorted(sorted, 0.5); }

v1::Interval unknown_interval() { return v1::Interval(); }

v1::Interval known_interval(double low, double high) {
  v1::Interval interval;
  interval.set_known(true);
  interval.set_low(low);
  interval.set_high(high);
  return interval;
}

}  // namespace

double quantile_sorted(std::span<const double> sorted, double p) {
  const double position = static_cast<double>(sorted.size() - 1) * std::clamp(p, 0.0, 1.0);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return median_of_sorted(samples);
}

double median_absolute_deviation(const std::vector<double>& samples) {
  const double center = median(samples);
  std::vector<double> deviations;
  deviations.reserve(samples.size());
  for (const double sample : samples) deviations.push_back(std::abs(sample - center));
  return median(std::move(deviations));
}

v1::Interval session_interval(const std::vector<double>& session_medians) {
  const std::size_t n = session_medians.size();
  if (n < 2) return unknown_interval();
  // Said apart, so that rounding in the mean cannot give equal medians a width.
  const auto [least, most] = std::minmax_element(session_medians.begin(), session_medians.end());
  if (*least == *most) return known_interval(*least, *most);

  const double count = static_cast<double>(n);
  const double mean = std::accumulate(session_medians.begin(), session_medians.end(), 0.0) / count;
  double squares = 0;
  for (const double value : session_medians) squares += (value - mean) * (value - mean);
  const double standard_error = std::sqrt(squares / (count - 1) / count);
  const boost::math::students_t_distribution<double> t(count - 1);
  const double half_width = boost::math::quantile(t, 0.975) * standard_error;
  return known_interval(mean - half_width, mean + half_width);
}

v1::LatencyResult summarize_latency(const std::vector<v1::SessionSamples>& sessions, std::uint64_t ticks_per_second) {
  v1::LatencyResult result;
  std::vector<double> all;
  std::vector<double> deviations;
  std::vector<double> medians;
  for (const v1::SessionSamples& session : sessions) {
    if (session.latency_ticks().empty()) continue;
    std::vector<double> samples(session.latency_ticks().begin(), session.latency_ticks().end());
    std::sort(samples.begin(), samples.end());
    const double center = median_of_sorted(samples);
    medians.push_back(center);
    for (const double sample : samples) deviations.push_back(std::abs(sample - center));
    all.insert(all.end(), samples.begin(), samples.end());
  }
  if (all.empty()) return result;

  std::sort(all.begin(), all.end());
  result.set_count(static_cast<std::uint32_t>(all.size()));
  result.set_sessions(static_cast<std::uint32_t>(medians.size()));
  result.set_min_ticks(all.front());
  result.set_median_ticks(median_of_sorted(all));
  result.set_p90_ticks(quantile_sorted(all, 0.90));
  result.set_p99_ticks(quantile_sorted(all, 0.99));
  result.set_max_ticks(all.back());
  result.set_mad_within_ticks(median(std::move(deviations)));
  *result.mutable_median_interval_ticks() = session_interval(medians);
  for (const double value : medians) result.add_session_median_ticks(value);
  if (ticks_per_second != 0) {
    result.set_median_us(result.median_ticks() * 1e6 / static_cast<double>(ticks_per_second));
  }
  return result;
}

std::uint64_t instructions_from_ticks(std::uint64_t ticks, std::uint64_t ticks_per_second,
                                      std::uint64_t instruction_ns) {
  __extension__ typedef unsigned __int128 Wide;
  const Wide divisor = static_cast<Wide>(ticks_per_second) * instruction_ns;
  if (divisor == 0) return ticks;  // the ticks are instructions
  return static_cast<std::uint64_t>((static_cast<Wide>(ticks) * 1'000'000'000u + divisor / 2) / divisor);
}

std::vector<std::uint32_t> rank_overlapping(const std::vector<Rankable>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a].value < rows[b].value; });

  std::vector<std::uint32_t> ranks(rows.size(), 0);
  std::uint32_t current_rank = 1;
  bool any_known = false;
  double reach = 0;  // greatest upper end of the known intervals that share current_rank
  for (std::size_t place = 0; place < order.size(); ++place) {
    const v1::Interval& interval = rows[order[place]].interval;
    if (interval.known()) {
      if (any_known && interval.low() > reach) {
        current_rank = static_cast<std::uint32_t>(place) + 1;
        reach = interval.high();
      } else {
        reach = any_known ? std::max(reach, interval.high()) : interval.high();
      }
      any_known = true;
    }
    ranks[order[place]] = current_rank;
  }
  return ranks;
}

}  // namespace tinyrig::stats
