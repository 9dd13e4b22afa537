// What every good result must state, whatever the model and the board.
#pragma once

#include "tests/support/rig/rig.h"

namespace tinyrig::test {

// How an emulated run's numbers must hang together; failures name the run.
void expect_sound(const v1::ExportRunResponse& exported, std::uint32_t sessions, std::uint32_t iterations);

// Every number of two runs of one cell, to the last instruction.
void expect_identical(const v1::ExportRunResponse& first, const v1::ExportRunResponse& second);

}  // namespace tinyrig::test
