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
      count = 16 * pick(1, 8) + pick(-1, 1);
      break;
    default:
      count = pick(1, 130);
  }
  return std::min(count, most);
}

std::int32_t RandomSource::zero_point() { return chance(50) ? any_of({-128, 127, 0, -1, 1}) : pick(-128, 127); }

std::vector<std::int8_t> RandomSource::weights(std::size_t count) {
  std::vector<std::int8_t> data(count);
  const int style = pick(0, 9);
  for (std::int8_t& weight : data) {
    int value = pick(-128, 127);
    if (style == 0) value = -128;
    if (style == 1) value = 127;
    if (style == 2) value = any_of({-128, 127});
    if (style == 3) value = chance(90) ? 0 : value;
    weight = static_cast<std::int8_t>(value);
  }
  return data;
}

std::vector<std::int32_t> RandomSource::biases(std::size_t count, double typical) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max(), kHalf = 1 << 30;
  const bool extremes = chance(15);
  std::vector<std::int32_t> data(count);
  for (std::int32_t& bias : data) {
    bias = static_cast<std::int32_t>(real(-2, 2) * std::min(typical, 1e8));
    if (extremes && chance(40)) bias = any_of({kMost, -kMost - 1, kHalf, kHalf - 1, -kHalf, -kHalf + 1, 1, -1});
  }
  return data;
}

double RandomSource::ratio(double typical) {
  if (chance(75)) return real(0.2, 2.0) * 100.0 / std::max(typical, 1.0);
  const double power = std::ldexp(1.0, pick(-24, 3));
  switch (pick(0, 5)) {
    case 0:
      return power;
    case 1:
      return power * (1.0 - std::ldexp(1.0, -24));
    case 2:
      return power * (1.0 + std::ldexp(1.0, -23));
    case 3:
      return std::ldexp(real(0.5, 1.0), pick(1, 12));
    case 4:
      return std::ldexp(real(0.5, 1.0), pick(-36, -20));
    default:
      return power * real(0.5, 1.0);
  }
}

}  // namespace tinyrig::test
