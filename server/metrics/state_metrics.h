// How the daemon is at this moment, asked for when somebody reads the metrics: boards, queue, disk.
//
// Thread-safe. Reads the disk: not for gRPC's callback threads.
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/boards/board_directory.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"

namespace tinyrig::metrics {

/// Must outlive what is made of it.
struct StateSources {
  const boards::BoardDirectory& boards;
  const jobs::JobQueue& queue;
  const store::Store& store;
  const Clock& clock;
  std::function<absl::Status()> readiness;
  std::string version;
};

class StateMetrics {
 public:
  explicit StateMetrics(StateSources sources);

  std::vector<prometheus::MetricFamily> collect() const;

 private:
  const StateSources sources_;
  const absl::Time start_time_;
};

}  // namespace tinyrig::metrics
