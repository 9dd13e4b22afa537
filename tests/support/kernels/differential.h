// A core's kernels against the portable ones on the core itself, model by random model, and both against the
// portable engine of the host.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/kernels/kernel_board.h"

namespace tinyrig::test {

struct Comparison {
  std::uint32_t cases = 0;
  std::uint32_t with_core_kernels = 0;           // the others ran portable against portable
  std::uint32_t skipped = 0;                     // seeds whose model the packer refuses or the board cannot hold
  std::map<std::string, std::uint32_t> kernels;  // operators by the kernel that ran them
  std::vector<std::string> mismatches;           // one text each, with the seed
};

/// The models random_operator(name, seed) of `count` seeds from `first_seed` on that the board can run.
/// An error when a board did not get to its end and no single case is to blame, or when most seeds are skipped.
absl::StatusOr<Comparison> compare_kernels(const KernelBoard& board, std::string_view name, std::uint32_t first_seed,
                                           std::uint32_t count);

/// The .tflite that compare_kernels() makes for a seed on this board.
std::vector<std::uint8_t> differential_model(const KernelBoard& board, std::string_view name, std::uint32_t seed);

}  // namespace tinyrig::test
