// What an error on a board means for the run: whose fault, and so whether another board gets it.
// Pure functions.
#pragma once

#include "absl/status/status.h"
#include "server/jobs/job_queue.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::daemon {

// Of an attempt that failed with `status` (not OK).
//   user_error: the model or the settings cannot run here, wherever it is tried
//   board_error: this board or its cable misbehaved
//   infra_error: everything else on our side
jobs::AttemptEnd end_of_failure(const absl::Status& status);

// The reason of an inconclusive end whose result lacks nothing but that its agent paces inferences.
inline constexpr char kInferencePaced[] = "INFERENCE_PACED";

// Of an attempt that measured: succeeded, or inconclusive when the result is not valid.
jobs::AttemptEnd end_of_result(v1::RunResult result, std::vector<v1::SessionSamples> samples);

// The board did all that was asked of it: the run succeeded, or is inconclusive for pacing alone.
bool board_worked(const jobs::AttemptEnd& end);

}  // namespace tinyrig::daemon
