// Numbers for random models: sizes, scales, weights and biases, with the extremes far more often than chance has
// them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace tinyrig::test {

class RandomSource {
 public:
  explicit RandomSource(std::uint32_t seed) : random_(seed) {}

  int pick(int low, int high) { return low + static_cast<int>(random_() % static_cast<std::uint32_t>(high - low + 1)); }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  template <class T>
  T any_of(std::initializer_list<T> choices) {
    return *(choices.begin() + pick(0, static_cast<int>(choices.size()) - 1));
  }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(random_()) / 4294967295.0; }

  /// Multiples of the widths that kernels work in, their neighbours, and anything.
  int channels(int most);
  std::int32_t zero_point();
  /// 2^exponent, or what a float has next to it.
  double near_power_of_two(int exponent);
  /// Mostly -127 to 127, as converters make them; -128 and all of one value too.
  std::vector<std::int8_t> weights(std::size_t count);
  /// For sums of `taps` products. Tame: what kernels of a core may ask for, to the edge of it (a sum below 2^30);
  /// wild: the ends of int32 too.
  std::vector<std::int32_t> biases(std::size_t count, std::size_t taps, bool wild);
  /// From an accumulator of about `typical` to int8, mostly so that it neither vanishes nor saturates. Tame: right
  /// shifts of 1 to 22, with powers of two and their neighbours; wild: ratios above 1 and vanishing ones too.
  double ratio(double typical, bool wild);

 private:
  std::mt19937 random_;
};

}  // namespace tinyrig::test
