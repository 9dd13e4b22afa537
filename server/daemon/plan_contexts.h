// What jobs are planned against: the catalog and the farm's boards, copied when something changed that plans depend on
// and not for every job (hundreds of boards take longer to copy than a job to plan). Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "server/boards/board_directory.h"
#include "server/jobs/expand.h"

namespace tinyrig::daemon {

class PlanContexts {
 public:
  // `always`: all but types and boards. The directory must outlive this.
  PlanContexts(const boards::BoardDirectory& directory, jobs::ExpandContext always);

  // As the farm is now, as far as plans depend on it.
  std::shared_ptr<const jobs::ExpandContext> now();

 private:
  const boards::BoardDirectory& directory_;
  const jobs::ExpandContext always_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;                           // guarded by mutex_
  std::shared_ptr<const jobs::ExpandContext> context_;  // guarded by mutex_
};

}  // namespace tinyrig::daemon
