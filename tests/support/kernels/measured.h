// The lines of a kMeasure job as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/kernels/kernel_board.h"

namespace tinyrig::test {

struct MeasuredRun {
  std::uint32_t seed = 0;
  std::uint32_t output_fnv1a32 = 0;
  std::uint64_t instructions = 0;  // of run(), uninstrumented, with one read of the counter
};

// What else the instructions of run() did (window_counter.cpp says what a word is).
struct WindowCounts {
  std::uint64_t instructions = 0;  // by QEMU's own count: a little more than run()
  std::uint64_t vector = 0;
  std::uint64_t words_loaded = 0, words_stored = 0;
};

struct MeasuredOperator {
  std::uint64_t instructions = 0;
  std::uint32_t output_fnv1a32 = 0;
};

struct Measured {
  std::uint32_t arena_bytes = 0;
  std::vector<MeasuredRun> runs;
  std::vector<WindowCounts> windows;        // for each run, when asked for
  std::vector<MeasuredOperator> operators;  // of the first seed
  std::uint64_t profiled_instructions = 0;  // the first seed again, with a hook that reads the counter
};

/// Runs one image on `seeds` inputs, counted up from `first_seed`. RESOURCE_EXHAUSTED (DOES_NOT_FIT) when the
/// board has no room for it.
absl::StatusOr<Measured> measure_image(const KernelBoard& board, std::vector<std::byte> image, std::uint32_t first_seed,
                                       std::uint32_t seeds, bool count_windows = false);

}  // namespace tinyrig::test
