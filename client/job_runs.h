// All runs of a job with their results, however many pages they take; and what one run measured, in a line.
#pragma once

#include <string>
#include <vector>

#include "client/connection.h"
#include "client/terminal.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::client {

/// Oldest first. Reports what goes wrong.
ExitCode runs_of_job(const Connection& connection, const std::string& job_id, std::vector<v1::Run>* runs);

/// For the progress: asks for the run and tells its result in a few words. `connection` must outlive it.
ProgressView::ResultOf result_lines(const Connection& connection);

/// {"job": Job, "runs": [Run, ...]}
std::string job_with_runs_json(const v1::Job& job, const std::vector<v1::Run>& runs);

}  // namespace tinyrig::client
