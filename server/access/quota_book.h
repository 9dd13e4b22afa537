// What each user may use: unfinished jobs, and per day (UTC) bytes uploaded and time of boards.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/caller.h"
#include "server/base/clock.h"
#include "server/store/store.h"
#include "tinyrig/v1/access.pb.h"

namespace tinyrig::access {

/// Of every user; 0: none. Nobody's where no token is asked.
struct QuotaLimits {
  std::uint32_t unfinished_jobs = 0;
  std::uint64_t upload_bytes_a_day = 0;
  absl::Duration board_time_a_day = absl::ZeroDuration();
};

class QuotaBook {
 public:
  /// Both must outlive it.
  QuotaBook(QuotaLimits limits, const store::Store& store, const Clock& clock)
      : limits_(limits), store_(store), clock_(clock) {}

  /// The caller has board time left today. How many jobs it has the store counts, when it takes one more:
  /// most_unfinished_jobs(). RESOURCE_EXHAUSTED QUOTA_BOARD_TIME.
  absl::Status check_board_time(const Caller& caller) const;

  /// 0: as many as it likes.
  std::uint32_t most_unfinished_jobs(const Caller& caller) const;

  /// Counts an upload of so many bytes that begins. What was counted before a restart of the daemon is forgotten.
  /// RESOURCE_EXHAUSTED QUOTA_UPLOADS: nothing was counted.
  absl::Status take_upload(const Caller& caller, std::uint64_t bytes);

  absl::StatusOr<v1::Quotas> quotas(const Caller& caller) const;

 private:
  struct Uploaded {
    std::int64_t day = 0;
    std::uint64_t bytes = 0;
  };

  std::uint64_t uploaded_today(const std::string& user) const;  // with mutex_ held

  const QuotaLimits limits_;
  const store::Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Uploaded> uploaded_;  // guarded by mutex_; as many as there are users
};

}  // namespace tinyrig::access
