// Submits jobs of one run each, many at a time, each with an idempotency key of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::bench {

struct Submitted {
  std::vector<std::string> job_ids;  // of the jobs that the daemon accepted
  std::size_t retries = 0;           // answers that were an error, asked again with the same key
  double seconds = 0;
};

// `first`: number of the first key. Ends early when `stop` becomes true. Throws std::runtime_error when the daemon
// keeps refusing.
Submitted submit_jobs(std::uint16_t grpc_port, const v1::JobSpec& spec, std::size_t first, std::size_t count,
                      const std::atomic<bool>& stop);

}  // namespace tinyrig::bench
