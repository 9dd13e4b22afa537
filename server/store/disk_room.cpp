#include "server/store/disk_room.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::store {
namespace {

// Recordings go before intake stops.
constexpr std::uint64_t kRecordingsGoAt = 2;

std::string megabytes(std::uint64_t bytes) { return absl::StrCat(bytes / 1'000'000, " MB"); }

}  // namespace

FreeBytes free_bytes_of(std::string folder) {
  return [folder = std::move(folder)]() -> std::optional<std::uint64_t> {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(folder, error);
    if (error) return std::nullopt;
    return space.available;
  };
}

absl::Status check_intake(std::optional<std::uint64_t> free_bytes, const DiskLimit& limit) {
  if (!free_bytes.has_value() || *free_bytes >= limit.keep_free_bytes) return absl::OkStatus();
  return make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                    absl::StrCat("the daemon's disk has ", megabytes(*free_bytes), " free, less than the ",
                                 megabytes(limit.keep_free_bytes), " that are kept free (--keep-free)"),
                    "Free some disk space: the daemon goes on by itself. `tinyrig admin storage` shows what fills it.");
}

bool has_room(std::optional<std::uint64_t> free_bytes, const DiskLimit& limit) {
  return !free_bytes.has_value() || *free_bytes >= kRecordingsGoAt * limit.keep_free_bytes;
}

std::uint64_t recordings_quota(std::uint64_t quota_bytes, std::uint64_t kept_bytes, std::uint64_t reusable_bytes,
                               std::optional<std::uint64_t> free_bytes, const DiskLimit& limit) {
  if (has_room(free_bytes, limit)) return quota_bytes;
  const std::uint64_t wanted = kRecordingsGoAt * limit.keep_free_bytes;
  if (*free_bytes + reusable_bytes >= wanted) return quota_bytes;
  const std::uint64_t lacking = wanted - *free_bytes - reusable_bytes;
  // 1: a quota of 0 would be none.
  const std::uint64_t possible = kept_bytes > lacking ? kept_bytes - lacking : 1;
  return quota_bytes == 0 ? possible : std::min(quota_bytes, possible);
}

}  // namespace tinyrig::store
