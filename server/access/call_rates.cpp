#include "server/access/call_rates.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::access {

absl::Status CallRates::take(const std::string& user, absl::Time now) {
  if (calls_per_second_ <= 0) return absl::OkStatus();
  const double most = 2 * calls_per_second_;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_.try_emplace(user, Bucket{most, now}).first->second;
  // A clock that was set back fills nothing.
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - bucket.filled));
  bucket.calls = std::min(most, bucket.calls + seconds * calls_per_second_);
  bucket.filled = now;
  if (bucket.calls < 1) {
    return make_error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                      absl::StrCat(user, " calls more than ", calls_per_second_, " times a second"),
                      "Call less often; wait for jobs with WatchJob instead of asking again and again.");
  }
  bucket.calls -= 1;
  return absl::OkStatus();
}

}  // namespace tinyrig::access
