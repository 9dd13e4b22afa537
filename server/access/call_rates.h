// How often each user calls: a bucket per user that fills at a steady rate, so that one script in a loop does not take
// the daemon from the others.
//
// Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tinyrig::access {

class CallRates {
 public:
  /// A user may make twice `calls_per_second` at once, then so many a second. 0: no limit.
  explicit CallRates(double calls_per_second) : calls_per_second_(calls_per_second) {}

  /// Takes one call from the user's bucket. RESOURCE_EXHAUSTED RATE_LIMITED.
  absl::Status take(const std::string& user, absl::Time now);

 private:
  struct Bucket {
    double calls = 0;
    absl::Time filled;
  };

  const double calls_per_second_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // guarded by mutex_; as many as there are users
};

}  // namespace tinyrig::access
