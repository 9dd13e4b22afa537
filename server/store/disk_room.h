// Room on the disk of the database: how much is to stay free, and what follows when there is less. Recordings make
// way first; below the limit nothing new is taken in, so that what is under way still finds room to end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "server/store/retention.h"

namespace tinyrig::store {

/// Bytes that the disk has free for the daemon's user; nullopt: it cannot be asked.
using FreeBytes = std::function<std::optional<std::uint64_t>()>;

/// Of the disk that holds `folder`.
FreeBytes free_bytes_of(std::string folder);

struct DiskLimit {
  /// With less free, nothing new is taken in. 0: the disk may fill up.
  std::uint64_t keep_free_bytes = 0;
};

/// OK, or RESOURCE_EXHAUSTED DISK_FULL, in words.
absl::Status check_intake(std::optional<std::uint64_t> free_bytes, const DiskLimit& limit);

/// Whether recordings may take what their quota says: at least twice the limit is free.
bool has_room(std::optional<std::uint64_t> free_bytes, const DiskLimit& limit);

/// What recordings may take when the disk says so: the quota, or less of what is kept now while there is less than
/// twice the limit free. `reusable_bytes`: free within the database's file, as good as free on the disk.
std::uint64_t recordings_quota(std::uint64_t quota_bytes, std::uint64_t kept_bytes, std::uint64_t reusable_bytes,
                               std::optional<std::uint64_t> free_bytes, const DiskLimit& limit);

}  // namespace tinyrig::store
