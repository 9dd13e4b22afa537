// A consistent copy of a database that is in use, page by page, while others write to it.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace tinyrig::store {

/// See Store::back_up. Reads with a connection of its own.
absl::StatusOr<v1::Backup> copy_snapshot(const std::filesystem::path& database, const std::filesystem::path& target,
                                         const BackupWatch& watch);

}  // namespace tinyrig::store
