// Numbers from samples. Pure functions; thread-safe.
//
// Quantiles are type 7 of Hyndman and Fan: with sorted x[0..n-1] and h = (n-1)p, the value between
// x[floor h] and x[floor h + 1] by linear interpolation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::stats {

/// Quantile p (0..1) of sorted samples, type 7. `sorted` must not be empty.
double quantile_sorted(std::span<const double> sorted, double p);

/// Median, type 7. `samples` must not be empty.
double median(std::vector<double> samples);

/// Median of the absolute deviations from the median, not scaled. `samples` must not be empty.
double median_absolute_deviation(const std::vector<double>& samples);

/// 95 % t interval (n-1 degrees of freedom) of the mean of the sessions' medians. With fewer than two
/// sessions it is unknown; with identical medians it has no width and is known.
v1::Interval session_interval(const std::vector<double>& session_medians);

/// Summary of a latency measurement: sessions of samples in ticks. Quantiles over all samples, MAD within
/// sessions (the median over samples of the deviation from the own session's median), interval over the
/// sessions' medians. `ticks_per_second` 0: ticks are instructions, median_us stays 0. Sessions without
/// samples do not count.
v1::LatencyResult summarize_latency(const std::vector<v1::SessionSamples>& sessions, std::uint64_t ticks_per_second);

/// Instructions that an emulator executed in `ticks` of a counter: each takes `instruction_ns` of virtual
/// time (QEMU's -icount shift=7: 128 ns). Rounded to the nearest; exact for every 64-bit product.
std::uint64_t instructions_from_ticks(std::uint64_t ticks, std::uint64_t ticks_per_second,
                                      std::uint64_t instruction_ns);

struct Rankable {
  double value = 0;
  v1::Interval interval;
};

/// Ranks (lower value is better), one per row, in the order of the rows. Rows whose known intervals
/// overlap, directly or through others, share a rank; the next rank counts the rows before it (1, 1, 3).
/// A row without a known interval shares the rank of the row just better than it (1 when it is the first) and
/// ties nothing else.
std::vector<std::uint32_t> rank_overlapping(const std::vector<Rankable>& rows);

}  // namespace tinyrig::stats
