// What both kinds of job do with the engine: fill its inputs, hash its outputs, read the counter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/port.h"
#include "agent_firmware/engine/engine.h"
#include "agent_firmware/kernels_test/job.h"
#include "wire/fnv1a.h"
#include "wire/golden_input.h"

namespace tinyrig::kernels_test {

// The engine itself, not the runtime over it, which paints the arena.
inline engine::Engine current;

// Work must not move across a read of the counter.
inline std::uint64_t read_ticks() {
  asm volatile("" ::: "memory");
  const std::uint64_t now = port::ticks();
  asm volatile("" ::: "memory");
  return now;
}

inline void fill_inputs(std::uint32_t seed) {
  for (std::size_t i = 0; i < current.input_count(); ++i) seed = wire::fill_golden_input(seed, current.input(i));
}

inline std::uint32_t output_fnv1a32() {
  std::uint32_t hash = wire::kFnv1aSeed;
  for (std::size_t i = 0; i < current.output_count(); ++i) hash = wire::fnv1a_32(current.output(i), hash);
  return hash;
}

inline std::span<const std::byte> at(const Job& job, std::uint32_t offset, std::uint32_t bytes) {
  return {reinterpret_cast<const std::byte*>(&job) + offset, bytes};
}

// One line for each reading; measure.cpp.
void measure(const Job& job, const Case& test);
// True when alike; else it has said how they differ; compare.cpp.
bool compare(const Job& job, const Case& test);

}  // namespace tinyrig::kernels_test
