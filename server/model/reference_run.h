// Runs a packed model in this process with the portable engine: what a board's outputs are held against.
//
// Thread-safe: each run has an engine of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::model {

struct ReferenceRun {
  std::uint32_t input_fnv1a32 = 0;              // over all inputs, in order
  std::uint32_t output_fnv1a32 = 0;             // over all outputs, in order
  std::vector<std::uint32_t> operator_fnv1a32;  // of each operator's first output, in the file's order
  std::vector<std::byte> output;                // all outputs, one after another
};

/// `image` must be portable: PackedModel::reference_image(). The inputs are made from `seed` by
/// wire/golden_input.h, one stream over all inputs in order.
/// INVALID_ARGUMENT: the engine refuses the image. RESOURCE_EXHAUSTED: one inference takes more than `max_steps`
/// steps (image_work.h; the default is some ten seconds), or an absurd arena.
absl::StatusOr<ReferenceRun> reference_run(std::span<const std::byte> image, std::uint32_t seed,
                                           std::uint64_t max_steps = 4'000'000'000);

}  // namespace tinyrig::model
