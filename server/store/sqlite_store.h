// The store on SQLite (WAL): one writer thread that groups commits, a pool of readers. See store.h for
// what the functions promise and docs in db/schema.sql for the tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/commit_observer.h"
#include "server/store/disk_room.h"
#include "server/store/retention.h"
#include "server/store/store.h"

namespace tinyrig::store {

struct SqliteStoreOptions {
  /// Most bytes of the database file (0: as much as the disk takes).
  std::uint64_t max_database_bytes = 0;
  /// Most writes that may wait; more are refused with STORE_BUSY.
  std::size_t max_waiting_writes = 100'000;
  /// What may go, and when.
  Retention retention = {};
  /// Most bytes of the file that are kept free for what comes next; more go back to the disk.
  std::uint64_t spare_bytes = 64u << 20;
  /// What is to stay free on the disk.
  DiskLimit disk = {};
  /// Asks the disk of the data folder unless told otherwise.
  FreeBytes free_bytes = nullptr;
  /// A database of up to so many bytes is checked before it is used, a larger one by check().
  std::uint64_t check_at_start_bytes = 64u << 20;
  /// Must outlive the store.
  std::vector<CommitObserver*> observers = {};
};

/// Opens DIR/tinyrig.db, creates it when it is not there, and migrates it forward. Makes DIR if needed.
/// The destructor finishes what waits.
///
/// FAILED_PRECONDITION STORE_LOCKED: another daemon uses DIR. FAILED_PRECONDITION STORE_TOO_NEW: written
/// by a newer version. DATA_LOSS STORE_CORRUPT: not a database, or a damaged one.
/// RESOURCE_EXHAUSTED DISK_FULL. PERMISSION_DENIED / INTERNAL STORE_FAILED: the path, and why not.
absl::StatusOr<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& dir,
                                                         const SqliteStoreOptions& options = {});

}  // namespace tinyrig::store
