// A recording as an instrument sent it, kept word for word, so that a better conversion can be run again later.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::power {

struct Capture {
  std::string format;  // "ppk2": 32-bit little-endian words (ppk2_words.h)
  std::string header;  // what the instrument said of itself, with the constants of its conversion
  std::uint32_t supply_mv = 0;
  std::uint32_t samples_per_second = 0;
  std::uint64_t host_us = 0;  // by the host's clock, from starting the stream to stopping it, or to its last bytes
  std::vector<std::uint8_t> bytes = {};
};

}  // namespace tinyrig::power
