#include "server/store/retention.h"

namespace tinyrig::store {

bool fits_quota(std::uint64_t bytes, const Limit& limit) {
  return limit.quota_bytes == 0 || bytes <= limit.quota_bytes;
}

bool has_expired(std::int64_t time_us, const Limit& limit, absl::Time now) {
  return absl::FromUnixMicros(time_us) + limit.keep < now;
}

RemovalPlan plan_removal(std::span<const KeptItem> items, std::uint64_t kept_bytes, std::uint64_t incoming_bytes,
                         const Limit& limit, absl::Time now) {
  RemovalPlan plan;
  for (const KeptItem& item : items) {
    const std::uint64_t left = kept_bytes > plan.bytes ? kept_bytes - plan.bytes : 0;
    // Subtracted rather than added: what comes may be as large as it likes.
    const bool within =
        limit.quota_bytes == 0 || (left <= limit.quota_bytes && incoming_bytes <= limit.quota_bytes - left);
    if (within && !has_expired(item.time_us, limit, now)) break;
    ++plan.count;
    plan.bytes += item.bytes;
  }
  return plan;
}

std::optional<NextRemoval> next_removal(const KeptItem& oldest, std::uint64_t kept_bytes, std::uint64_t bytes_last_day,
                                        const Limit& limit, absl::Time now) {
  NextRemoval next;
  if (limit.keep < absl::InfiniteDuration()) next.age_time = absl::FromUnixMicros(oldest.time_us) + limit.keep;
  if (limit.quota_bytes > 0) {
    next.headroom_bytes = kept_bytes < limit.quota_bytes ? limit.quota_bytes - kept_bytes : 0;
    if (bytes_last_day > 0) {
      // A century: later is no forecast, and the API's timestamps end with the year 9999.
      constexpr double kFarthestDays = 36'525;
      const double days = static_cast<double>(*next.headroom_bytes) / static_cast<double>(bytes_last_day);
      if (days <= kFarthestDays) next.quota_time = now + absl::Hours(24) * days;
    }
  }
  if (!next.age_time.has_value() && !next.headroom_bytes.has_value()) return std::nullopt;
  return next;
}

}  // namespace tinyrig::store
