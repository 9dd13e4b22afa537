// Random small graphs of many operators, valid by construction: for properties of planner and packer, and
// as seeds of the fuzzer.
#pragma once

#include <cstdint>
#include <vector>

namespace tinyrig::test {

/// The same bytes for the same seed.
std::vector<std::uint8_t> random_model(std::uint32_t seed);

}  // namespace tinyrig::test
