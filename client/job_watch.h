// Watches one job until it has finished, through lost connections and restarts of the daemon.
#pragma once

#include <string>

#include "client/connection.h"
#include "client/interrupt.h"
#include "client/terminal.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::client {

/// kOk: `job` is the finished job. kDetached: interrupted. Anything else was reported.
ExitCode watch_job(const Connection& connection, const std::string& job_id, InterruptWatch& interrupt,
                   ProgressView& view, v1::Job* job);

}  // namespace tinyrig::client
