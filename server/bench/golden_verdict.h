// Whether a board that ran the golden model computes right and as fast as its like. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "server/bench/run_recording.h"
#include "server/model/pack.h"
#include "server/store/store.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/model.pb.h"

namespace tinyrig::bench {

// One may take so much more or less than the other: 0.02 is 2 %.
//   instruction counts are exact; reading the counter rounds      0.0001
//   hardware clocks: flash, caches and crystals of one type       0.02
//   the host's clock: the least of several, on a machine that is shared   3 (four times)
double latency_tolerance(v1::TimingSource source);

// FAILED_PRECONDITION: GOLDEN_OUTPUT_WRONG, GOLDEN_RUN_DISTURBED (interrupts ran in the measuring window),
// GOLDEN_LATENCY_WRONG (no time went by). The recording has a session.
absl::Status judge_run(const RunRecording& recording, const v1::ExpectedOutput& expected,
                       const model::PackedModel& model);

// FAILED_PRECONDITION: GOLDEN_LATENCY_WRONG. `ticks` in the type's unit.
absl::Status judge_latency(std::uint64_t ticks, const store::GoldenLatency& before, const v1::BoardType& type);

// "1234 instructions".
std::string ticks_text(std::uint64_t ticks, v1::TickUnit unit);

}  // namespace tinyrig::bench
