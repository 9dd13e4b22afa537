#include "server/store/snapshot_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/store/schema.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {
namespace {

// 1 MiB: often enough to be told about, and to end.
constexpr int kPagesPerStep = 256;
// Of the disk, for what is written meanwhile.
constexpr std::uintmax_t kRoomLeft = 64u << 20;

absl::StatusOr<std::uint64_t> count_rows(Connection& database, const char* sql) {
  Statement statement = database.query(sql);
  if (statement.next()) return static_cast<std::uint64_t>(statement.integer(0));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return 0;
}

// A copy that fills the disk would stop the daemon's own work.
absl::Status check_room(const std::filesystem::path& database, const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) return absl::OkStatus();  // the copy itself will say what is wrong
  const std::uintmax_t size = std::filesystem::file_size(database, error);
  if (error || space.available >= kRoomLeft + size) return absl::OkStatus();
  return make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                    "a copy takes " + std::to_string(size) + " bytes beside the database, and " +
                        std::to_string(space.available) + " are free",
                    "Free some disk space, or lower the quota of recordings, and try again.");
}

absl::Status sync_file(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  const bool full = code == ENOSPC || code == EDQUOT;
  return make_error(full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal,
                    full ? "DISK_FULL" : "STORE_FAILED",
                    "bringing " + file.string() + " to the disk: " + std::strerror(code),
                    full ? "Free some disk space and try again." : "");
}

absl::StatusOr<v1::Backup> copy_now(const std::filesystem::path& file, const std::filesystem::path& target,
                                    const BackupWatch& watch) {
  TINYRIG_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> source, Connection::open(file, SQLITE_OPEN_READWRITE));
  TINYRIG_RETURN_IF_ERROR(source->run_script("PRAGMA query_only = 1; PRAGMA busy_timeout = 2000"));
  // The snapshot is that of the first read, and lasts: what is written meanwhile waits in the write-ahead log.
  TINYRIG_RETURN_IF_ERROR(source->execute("BEGIN"));
  v1::Backup backup;
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t jobs, count_rows(*source, "SELECT count(*) FROM jobs"));
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t runs, count_rows(*source, "SELECT count(*) FROM runs"));
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t results, count_rows(*source, "SELECT count(*) FROM results"));
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t models, count_rows(*source, "SELECT count(*) FROM models"));
  backup.set_jobs(jobs);
  backup.set_runs(runs);
  backup.set_results(results);
  backup.set_models(models);
  backup.set_schema_version(newest_schema_version());
  {
    TINYRIG_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> copy,
                             Connection::open(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    // Half a copy is removed, whoever ends it; it needs no journal.
    TINYRIG_RETURN_IF_ERROR(copy->run_script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"));
    TINYRIG_RETURN_IF_ERROR(source->copy_to(*copy, kPagesPerStep, watch));
  }
  {
    // One plain file: without this it would ask for a log beside it.
    TINYRIG_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> copy, Connection::open(target, SQLITE_OPEN_READWRITE));
    TINYRIG_RETURN_IF_ERROR(copy->run_script("PRAGMA journal_mode = DELETE"));
  }
  TINYRIG_RETURN_IF_ERROR(sync_file(target));
  TINYRIG_ASSIGN_OR_RETURN(*backup.mutable_sha256(), sha256_hex_of_file(target));
  std::error_code error;
  backup.set_size_bytes(std::filesystem::file_size(target, error));
  return backup;
}

}  // namespace

absl::StatusOr<v1::Backup> copy_snapshot(const std::filesystem::path& database, const std::filesystem::path& target,
                                         const BackupWatch& watch) {
  std::error_code error;
  if (std::filesystem::exists(target, error) || error) {
    return make_error(absl::StatusCode::kAlreadyExists, "BACKUP_EXISTS", target.string() + " is there already",
                      "Choose another name, or remove it.");
  }
  TINYRIG_RETURN_IF_ERROR(check_room(database, target.parent_path()));
  absl::StatusOr<v1::Backup> backup = copy_now(database, target, watch);
  if (!backup.ok()) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      std::filesystem::remove(target.string() + suffix, error);
  }
  return backup;
}

}  // namespace tinyrig::store
