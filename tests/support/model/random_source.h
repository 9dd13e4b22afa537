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
  std::vector<std::int8_t> weights(std::size_t count);
  /// `typical`: the size of a sum that is worth cancelling.
  std::vector<std::int32_t> biases(std::size_t count, double typical);
  /// From an accumulator of about `typical` to int8: mostly so that it neither vanishes nor saturates; else
  /// powers of two and their neighbours, ratios above 1, vanishing ones.
  double ratio(double typical);

 private:
  std::mt19937 random_;
};

}  // namespace tinyrig::test
