// The command line of tinyrig-bench-farm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tinyrig::bench {

struct FarmOptions {
  std::filesystem::path out;
  std::filesystem::path folder;  // of the database; empty: beside the sockets in /tmp
  std::size_t boards = 256;
  std::size_t jobs = 100'000;
  std::uint32_t paced_us = 130'000;
  double failing_share = 0.01;  // of the boards, at any moment
  double drain_minutes = 15;    // then what is not done is counted, and the run ends
  double soak_minutes = 0;
  std::uint32_t seed = 1;
};

// Ends the process on --help and on usage errors (exit code 2).
FarmOptions parse_farm_options(int argc, char** argv);

}  // namespace tinyrig::bench
