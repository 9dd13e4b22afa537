// How long what may go is kept, and what goes when: the oldest of a kind first, never a result. Pure functions; the
// rows they speak of are removed by retention_steps.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/time/time.h"

namespace tinyrig::store {

/// Of each kind that may go. Jobs, runs, results and models that any run refers to are kept for ever.
struct Retention {
  /// Of all recordings together, as stored; 0: as much as comes.
  std::uint64_t recordings_quota_bytes = 0;
  absl::Duration keep_recordings = absl::InfiniteDuration();
  absl::Duration keep_samples = absl::InfiniteDuration();
  /// Of jobs that have finished.
  absl::Duration keep_logs = absl::InfiniteDuration();
  /// Counted from their last upload.
  absl::Duration keep_unused_models = absl::InfiniteDuration();
};

/// What holds for one kind.
struct Limit {
  /// 0: none.
  std::uint64_t quota_bytes = 0;
  absl::Duration keep = absl::InfiniteDuration();
};

/// One thing of a kind.
struct KeptItem {
  std::int64_t number = 0;
  std::int64_t time_us = 0;
  std::uint64_t bytes = 0;
};

/// The first `count` items go.
struct RemovalPlan {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};

/// Whether something of that size may be kept at all.
bool fits_quota(std::uint64_t bytes, const Limit& limit);

/// Whether something of that time is older than what is kept. What lies in the future is not.
bool has_expired(std::int64_t time_us, const Limit& limit, absl::Time now);

/// What must go so that nothing is too old and `incoming_bytes` more stay within the quota. `items`: oldest first, all
/// of them or the first of many; `kept_bytes`: of all there are.
RemovalPlan plan_removal(std::span<const KeptItem> items, std::uint64_t kept_bytes, std::uint64_t incoming_bytes,
                         const Limit& limit, absl::Time now);

/// When the oldest item goes.
struct NextRemoval {
  /// By its age.
  std::optional<absl::Time> age_time;
  /// By the quota: once more than so many bytes have come, and when that is if they come as in the last day; unset
  /// when nothing came, or so little that it is more than a century away.
  std::optional<std::uint64_t> headroom_bytes;
  std::optional<absl::Time> quota_time;
};

/// nullopt: no limit makes it go. `bytes_last_day`: that came, whatever became of them.
std::optional<NextRemoval> next_removal(const KeptItem& oldest, std::uint64_t kept_bytes, std::uint64_t bytes_last_day,
                                        const Limit& limit, absl::Time now);

}  // namespace tinyrig::store
