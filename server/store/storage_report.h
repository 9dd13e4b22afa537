// What fills the disk, kind by kind, and what goes when.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/retention.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/admin.pb.h"

namespace tinyrig::store {

/// `file`: the database's. Quick however much there is: where rows are too many, some of them speak for all.
absl::StatusOr<v1::GetStorageResponse> report_storage(Connection& database, const std::filesystem::path& file,
                                                      const Retention& retention, absl::Time now);

}  // namespace tinyrig::store
