// Places buffers with lifetimes in one arena, as low as it can: offline dynamic storage allocation.
//
// First fit in a given order reaches an optimal placement for some order (take an optimal one, order it by
// offset). So several good orders are tried, then an exact search when there are few buffers, then a local
// search over orders, all within a fixed amount of work; it ends early at the lower bound, which is the
// largest sum of buffers that live at once. Deterministic.
//
// Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tinyrig::model {

struct PlannedBuffer {
  std::uint32_t bytes = 0;
  std::int32_t first = 0;  // steps at which it lives, both inclusive
  std::int32_t last = 0;
};

struct MemoryPlan {
  std::vector<std::uint32_t> offsets;  // one for each buffer, multiples of the alignment
  std::uint64_t total_bytes = 0;
  std::uint64_t lower_bound_bytes = 0;  // of buffers rounded up to the alignment
};

/// `alignment` is a power of two. Sums are 64 bit; offsets are valid when total_bytes fits in 32 bits.
MemoryPlan plan_memory(std::span<const PlannedBuffer> buffers, std::uint32_t alignment);

}  // namespace tinyrig::model
