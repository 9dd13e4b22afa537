// Words as a PPK2 sends them, for tests that know what they say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::test {

// Of one real unit's printing (all 40 keys), with a shunt and gain for each range.
inline const std::string kPpk2Metadata =
    "Calibrated: 0\nR0: 1003.3506\nR1: 101.5865\nR2: 10.3027\nR3: 0.9636\nR4: 0.0564\n"
    "GS0: 0.0000\nGS1: 112.7890\nGS2: 18.0115\nGS3: 2.4217\nGS4: 0.0729\n"
    "GI0: 1.0000\nGI1: 0.9695\nGI2: 0.9609\nGI3: 0.9519\nGI4: 0.9582\n"
    "O0: 112.9420\nO1: 75.4627\nO2: 64.6020\nO3: 50.4983\nO4: 87.2177\nVDD: 3000\nHW: 9173\nmode: 2\n"
    "S0: 0.000000048\nS1: 0.000000596\nS2: 0.000005281\nS3: 0.000062577\nS4: 0.002940743\n"
    "I0: -0.000000104\nI1: -0.000001443\nI2: 0.000036439\nI3: -0.000374119\nI4: -0.009388455\n"
    "UG0: 1.00\nUG1: 1.00\nUG2: 1.00\nUG3: 1.00\nUG4: 1.00\nIA: 56\nEND\n";

class Ppk2Words {
 public:
  Ppk2Words& add(std::size_t count, std::uint32_t code, std::uint32_t range, std::uint8_t logic = 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t word = code | range << 14 | (counter_++ & 63) << 18 | std::uint32_t{logic} << 24;
      for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
    return *this;
  }
  // The counter goes on, the words are missing.
  Ppk2Words& lose(std::uint32_t words) {
    counter_ += words;
    return *this;
  }
  // The last word's counter, as noise would leave it.
  Ppk2Words& corrupt_counter() {
    bytes[bytes.size() - 2] ^= 0x54;
    return *this;
  }
  Ppk2Words& slip(std::size_t count) {
    bytes.resize(bytes.size() - count);
    return *this;
  }

  std::vector<std::uint8_t> bytes;

 private:
  std::uint32_t counter_ = 0;
};

}  // namespace tinyrig::test
