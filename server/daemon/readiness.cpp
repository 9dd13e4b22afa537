#include "server/daemon/readiness.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::daemon {

void Readiness::farm_started() {
  const std::lock_guard lock(mutex_);
  started_ = true;
}

void Readiness::ending() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
}

void Readiness::on_commit(std::size_t, std::chrono::nanoseconds, const absl::Status& trouble) {
  const std::lock_guard lock(mutex_);
  store_trouble_ = trouble;
}

absl::Status Readiness::status(std::size_t unsaved_ends, const absl::Status& intake) const {
  const std::lock_guard lock(mutex_);
  if (ending_) return make_error(absl::StatusCode::kUnavailable, "SERVER_STOPPING", "the daemon stops");
  if (!started_) {
    return make_error(absl::StatusCode::kUnavailable, "FARM_NOT_STARTED", "the daemon has not begun with its boards",
                      "Wait for it.");
  }
  for (const absl::Status* trouble : {&store_trouble_, &intake}) {
    if (trouble->ok()) continue;
    return make_error(absl::StatusCode::kUnavailable, reason_of(*trouble), std::string(trouble->message()),
                      hint_of(*trouble));
  }
  if (unsaved_ends > 0) {
    return make_error(absl::StatusCode::kUnavailable, "RESULTS_WAIT",
                      absl::StrCat(unsaved_ends, " results wait in memory for room on the disk"),
                      "Free some space: `tinyrig admin storage` shows what fills the disk.");
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::daemon
