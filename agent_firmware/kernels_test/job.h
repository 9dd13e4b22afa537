// What the host puts into the model slot for tinyrig-kernels: a Job, its Cases, and their packed images.
// Little-endian; every offset counts from the Job and is a multiple of packed::kAlignment.
#pragma once

#include <cstdint>

namespace tinyrig::kernels_test {

inline constexpr std::uint32_t kJobMagic = 0x4B525254;  // "TRRK"

enum class JobKind : std::uint32_t {
  kMeasure = 1,  // every case's image: outputs, instructions, per operator
  kCompare = 2,  // every case's image against its reference image: outputs alike, nothing written beside the arena
};

struct Job {
  std::uint32_t magic;
  JobKind kind;
  std::uint32_t case_count;
  std::uint32_t reserved;
};

struct Case {
  std::uint32_t image_offset = 0;
  std::uint32_t image_bytes = 0;
  std::uint32_t reference_offset = 0;  // kCompare: the portable image of the same model
  std::uint32_t reference_bytes = 0;
  std::uint32_t first_input_seed = 0;  // of wire/golden_input.h
  std::uint32_t input_seeds = 0;       // how many, counted up from the first
  std::uint32_t id = 0;                // printed with a mismatch
  std::uint32_t output_fnv1a32 = 0;    // kCompare: of the first seed, as the host's engine has it
};

}  // namespace tinyrig::kernels_test
