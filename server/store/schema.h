// Brings a database to the newest schema. The migrations are db/migrations/*.sql, compiled in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {

struct Migration {
  std::uint32_t number;
  /// "0001_initial"
  std::string name;
  std::string sql;
};

/// In the order of their numbers, which start at 1 and have no gaps.
const std::vector<Migration>& migrations();

/// Number of the newest migration that this program knows.
std::uint32_t newest_schema_version();

/// Runs what is missing in one transaction: when a migration fails, the database is as it was, and the version that
/// wrote it can go on with it.
/// FAILED_PRECONDITION STORE_TOO_NEW: the database knows migrations that this program does not.
/// DATA_LOSS STORE_CORRUPT: it is damaged, or a database of something else. DISK_FULL as everywhere.
absl::Status migrate(Connection& database, absl::Time now);

}  // namespace tinyrig::store
