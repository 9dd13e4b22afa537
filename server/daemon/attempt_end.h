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

// Of an attempt that measured: succeeded, or inconclusive when the result is not valid.
jobs::AttemptEnd end_of_result(v1::RunResult result, std::vector<v1::SessionSamples> samples);

}  // namespace tinyrig::daemon
