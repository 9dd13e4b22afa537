// The exact rule: two whole numbers that every repetition gives alike, and what a change may come to.
// Pure functions on integers: a change exactly at the tolerance passes, whatever doubles would make of it.
#pragma once

#include <cstdint>

#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::gate {

inline constexpr std::uint64_t kBillion = 1'000'000'000;

struct Tolerance {
  // Of the smaller of both sides, in parts per billion: at most kBillion.
  std::uint64_t relative_ppb = 0;
  // In the metric's unit.
  std::uint64_t absolute = 0;

  bool operator==(const Tolerance&) const = default;
};

/// The largest change that passes. Of the smaller of both sides, so that swapped sides give the mirrored verdict.
std::uint64_t allowed_change(std::uint64_t base, std::uint64_t head, const Tolerance& tolerance);

/// PASS, REGRESSION (head is larger) or IMPROVEMENT. Less is better for every metric.
v1::GateVerdict decide_exact(std::uint64_t base, std::uint64_t head, const Tolerance& tolerance);

}  // namespace tinyrig::gate
