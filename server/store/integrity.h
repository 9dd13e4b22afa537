// Is the database whole? What SQLite can tell by reading it: pages, rows, and rows that refer to others.
#pragma once

#include <filesystem>
#include <stop_token>

#include "absl/status/status.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {

/// All of it, on a connection that nobody else uses now. DATA_LOSS STORE_CORRUPT: what is wrong.
absl::Status check_database(Connection& database, const std::filesystem::path& file);

/// Table by table, while others read and write: no snapshot, and so no write-ahead log, lasts longer than the largest
/// table takes. CANCELLED: `stop` was requested. Other errors are those of reading.
absl::Status check_tables(const std::filesystem::path& file, const std::stop_token& stop);

}  // namespace tinyrig::store
