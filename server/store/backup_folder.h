// A backup on disk: a folder with the database as one file, and backup.json that says what it is (tinyrig.v1.Backup).
// Works without the daemon.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tinyrig/v1/admin.pb.h"

namespace tinyrig::store {

inline constexpr char kBackupDatabase[] = "tinyrig.db";
inline constexpr char kBackupDescription[] = "backup.json";

/// Writes backup.json beside the database and brings both to the disk. RESOURCE_EXHAUSTED DISK_FULL, INTERNAL
/// STORE_FAILED.
absl::Status describe_backup(const std::filesystem::path& folder, const v1::Backup& backup);

/// Reads all of it: the file is what was written (SHA-256), the database is sound (integrity, foreign keys), every
/// model's bytes have its digest, every recording that is kept is there. Changes nothing.
/// NOT_FOUND BACKUP_MISSING; DATA_LOSS BACKUP_DAMAGED: says what; FAILED_PRECONDITION STORE_TOO_NEW.
absl::StatusOr<v1::Backup> verify_backup(const std::filesystem::path& folder);

struct Restored {
  v1::Backup backup;
  /// Where the database went that was there before; empty: there was none.
  std::filesystem::path replaced;
};

/// Verifies a backup and makes it the database of a daemon that does not run. One that is there already is refused, or
/// with `replace` kept beside it under another name. Until the very end nothing changes.
/// FAILED_PRECONDITION STORE_LOCKED: the daemon runs; ALREADY_EXISTS STATE_EXISTS; as verify_backup; RESOURCE_EXHAUSTED
/// DISK_FULL, PERMISSION_DENIED / INTERNAL STORE_FAILED.
absl::StatusOr<Restored> restore_backup(const std::filesystem::path& folder, const std::filesystem::path& state,
                                        bool replace, absl::Time now);

}  // namespace tinyrig::store
