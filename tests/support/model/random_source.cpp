#include "tests/support/model/random_source.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tinyrig::test {

int RandomSource::channels(int most) {
  int count = 1;
  switch (pick(0, 5)) {
    case 0:
    case 1:
      count = pick(1, 9);
      break;
    case 2:
    case 3:
      count = 4 * pick(1, 16);
      break;
    case 4:
      count = 16 * pick(1, 8) + (chance(60) ? 0 : pick(-1, 1));
      break;
    default:
      count = pick(1, 130);
  }
  return std::min(count, most);
}

std::int32_t RandomSource::zero_point() { return chance(50) ? any_of({-128, 127, 0, -1, 1}) : pick(-128, 127); }

double RandomSource::near_power_of_two(int exponent) {
  return std::ldexp(any_of({1.0, 1.0, 1.0 - std::ldexp(1.0, -24), 1.0 + std::ldexp(1.0, -23)}), exponent);
}

std::vector<std::int8_t> RandomSource::weights(std::size_t count) {
  std::vector<std::int8_t> data(count);
  const int style = pick(0, 19);
  for (std::int8_t& weight : data) {
    int value = pick(-127, 127);
    if (style == 0) value = pick(-128, 127);
    if (style == 1) value = any_of({-128, 127});
    if (style == 2) value = -128;
    if (style == 3) value = any_of({-127, 127});
    if (style == 4) value = 127;
    if (style == 5) value = -127;
    if (style == 6) value = chance(90) ? 0 : value;
    weight = static_cast<std::int8_t>(value);
  }
  return data;
}

std::vector<std::int32_t> RandomSource::biases(std::size_t count, std::size_t taps, bool wild) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max(), kHalf = 1 << 30;
  const double typical = 10800.0 * std::sqrt(static_cast<double>(taps));
  // The input's offset and the products take up to 2^15 for each tap.
  const auto edge = static_cast<std::int32_t>(
      kHalf - 1 - std::min<std::int64_t>(kHalf - 1, std::int64_t{1 << 15} * static_cast<std::int64_t>(taps)));
  const bool extremes = chance(wild ? 40 : 15);
  std::vector<std::int32_t> data(count);
  for (std::int32_t& bias : data) {
    bias = static_cast<std::int32_t>(real(-1, 1) * std::min(typical, static_cast<double>(edge)));
    if (!extremes || chance(60)) continue;
    bias = wild ? any_of({kMost, -kMost - 1, kHalf, kHalf - 1, -kHalf, -kHalf + 1, 1, -1}) : any_of({edge, -edge, 0});
  }
  return data;
}

double RandomSource::ratio(double typical, bool wild) {
  if (chance(70)) return std::min(real(0.2, 2.0) * 100.0 / std::max(typical, 1.0), 0.499);
  // [2^-23, 2^-1), by its upper end.
  const double power = std::ldexp(1.0, pick(-22, -1));
  switch (pick(0, wild ? 5 : 3)) {
    case 0:
      return power / 2;
    case 1:
      return power * (1.0 - std::ldexp(1.0, -24));
    case 2:
      return power / 2 * (1.0 + std::ldexp(1.0, -23));
    case 3:
      return power * real(0.5, 1.0);
    case 4:
      return std::ldexp(real(0.5, 1.0), pick(0, 12));
    default:
      return std::ldexp(real(0.5, 1.0), pick(-36, -20));
  }
}

}  // namespace tinyrig::test
