// Words of a PPK2 read as its host does, by constants of the same unit that are written here once more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinyrig::test {

struct Word {
  std::uint32_t code = 0, range = 0, counter = 0;
  std::uint8_t logic = 0;

  double current_ua(double supply_volt) const {
    constexpr double kR[] = {1003.3506, 101.5865, 10.3027, 0.9636, 0.0564};
    constexpr double kGs[] = {0.0000, 112.7890, 18.0115, 2.4217, 0.0729};
    constexpr double kGi[] = {1.0000, 0.9695, 0.9609, 0.9519, 0.9582};
    constexpr double kO[] = {112.9420, 75.4627, 64.6020, 50.4983, 87.2177};
    constexpr double kS[] = {0.000000048, 0.000000596, 0.000005281, 0.000062577, 0.002940743};
    constexpr double kI[] = {-0.000000104, -0.000001443, 0.000036439, -0.000374119, -0.009388455};
    const double x = (4.0 * code - kO[range]) * (1.8 / 163840) / kR[range];
    return 1e6 * (x * (kGs[range] * x + kGi[range]) + kS[range] * supply_volt + kI[range]);
  }
};

inline Word word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  }
  return {word & 0x3FFF, word >> 14 & 7, word >> 18 & 63, static_cast<std::uint8_t>(word >> 24)};
}

inline std::vector<Word> words_of(std::string_view bytes) {
  std::vector<Word> words;
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) words.push_back(word_at(bytes, at));
  return words;
}

inline double mean_ua(const std::vector<Word>& words, double supply_volt) {
  double sum = 0;
  for (const Word& word : words) sum += word.current_ua(supply_volt);
  return sum / static_cast<double>(words.size());
}

// Words whose counter is not one more than that of the word before.
inline std::size_t counter_breaks(const std::vector<Word>& words) {
  std::size_t breaks = 0;
  for (std::size_t i = 1; i < words.size(); ++i) breaks += words[i].counter != (words[i - 1].counter + 1) % 64;
  return breaks;
}

}  // namespace tinyrig::test
