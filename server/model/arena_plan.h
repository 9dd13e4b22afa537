// Where each activation and scratch of a program lies in the arena, and for how long: lifetimes, sharing of
// memory where an operator moves nothing (RESHAPE) or may work in place, and the planner's offsets.
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/program.h"

namespace tinyrig::model {

/// Step -1 is when the host fills the inputs; the step after the last operator is when it reads the outputs.
struct Placement {
  ValueId value = 0;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  std::int32_t first_operator = 0;
  std::int32_t last_operator = 0;  // both inclusive
  bool shared = false;             // lies where another value lies: no copy, or computed in place
};

struct ArenaPlan {
  std::vector<Placement> placements;      // activations and scratch, by value
  std::vector<std::uint32_t> live_bytes;  // by operator: all that must exist while it runs
  std::uint32_t arena_bytes = 0;          // a multiple of packed::kAlignment
  std::uint32_t lower_bound_bytes = 0;    // the largest of live_bytes, nothing shared in place counted twice
  std::uint32_t live_set_bytes = 0;       // the same without sharing and without scratch, as TFLM counts

  /// nullptr for constants.
  const Placement* find(ValueId value) const;
};

enum class MemoryReuse : std::uint8_t {
  kAll,   // places are used again, and operators work in place where they may
  kNone,  // every value keeps a place of its own until the end of the run, so that all can be read then
};

/// INVALID_ARGUMENT, MODEL_TOO_LARGE when the arena would not fit in 31 bits.
absl::StatusOr<ArenaPlan> plan_arena(const Program& program, MemoryReuse reuse = MemoryReuse::kAll);

}  // namespace tinyrig::model
