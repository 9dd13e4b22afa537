#include "server/store/backup_folder.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/base/status_macros.h"
#include "server/store/directory_lock.h"
#include "server/store/schema.h"
#include "server/store/sqlite.h"

namespace tinyrig::store {
namespace {

absl::Status damaged(const std::filesystem::path& folder, const std::string& what) {
  return make_error(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED",
                    "the backup " + folder.string() + " is damaged: " + what,
                    "Use another backup; this one restores nothing.");
}

absl::Status file_failed(const std::string& doing, const std::error_code& error) {
  const bool full = error == std::errc::no_space_on_device;
  const bool denied = error == std::errc::permission_denied || error == std::errc::read_only_file_system;
  return make_error(full     ? absl::StatusCode::kResourceExhausted
                    : denied ? absl::StatusCode::kPermissionDenied
                             : absl::StatusCode::kInternal,
                    full ? "DISK_FULL" : "STORE_FAILED", doing + ": " + error.message(),
                    "Check folder, rights and room, and try again.");
}

// Of a file or a folder (which makes the names in it last).
absl::Status sync_path(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) close(fd);
  return synced ? absl::OkStatus() : file_failed("bringing " + path.string() + " to the disk", error);
}

absl::StatusOr<v1::Backup> read_description(const std::filesystem::path& folder) {
  std::ifstream file(folder / kBackupDescription, std::ios::binary);
  if (!file) {
    return make_error(absl::StatusCode::kNotFound, "BACKUP_MISSING",
                      "no backup in " + folder.string() + ": it has no " + kBackupDescription,
                      "Name the folder that `tinyrig admin backup` made.");
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  google::protobuf::util::JsonParseOptions newer;
  newer.ignore_unknown_fields = true;
  v1::Backup backup;
  if (!google::protobuf::util::JsonStringToMessage(text, &backup, newer).ok()) {
    return damaged(folder, std::string(kBackupDescription) + " cannot be read");
  }
  return backup;
}

absl::StatusOr<std::uint64_t> integer_of(Connection& database, const char* sql) {
  Statement statement = database.query(sql);
  if (statement.next()) return static_cast<std::uint64_t>(statement.integer(0));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return 0;
}

absl::Status check_counts(const std::filesystem::path& folder, Connection& database, const v1::Backup& backup) {
  const struct {
    const char* what;
    const char* sql;
    std::uint64_t stated;
  } counts[] = {{"jobs", "SELECT count(*) FROM jobs", backup.jobs()},
                {"runs", "SELECT count(*) FROM runs", backup.runs()},
                {"results", "SELECT count(*) FROM results", backup.results()},
                {"models", "SELECT count(*) FROM models", backup.models()}};
  for (const auto& count : counts) {
    TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t found, integer_of(database, count.sql));
    if (found == count.stated) continue;
    return damaged(
        folder, std::to_string(found) + " " + count.what + " where " + std::to_string(count.stated) + " were written");
  }
  return absl::OkStatus();
}

absl::Status check_soundness(const std::filesystem::path& folder, Connection& database) {
  {
    Statement integrity = database.query("PRAGMA integrity_check(1)");
    if (integrity.next() && integrity.bytes(0) != "ok") return damaged(folder, integrity.bytes(0));
    TINYRIG_RETURN_IF_ERROR(integrity.status());
  }
  Statement orphans = database.query("PRAGMA foreign_key_check");
  if (orphans.next()) return damaged(folder, "a row of " + orphans.bytes(0) + " refers to nothing");
  return orphans.status();
}

absl::Status check_contents(const std::filesystem::path& folder, Connection& database) {
  Statement models = database.query(
      "SELECT models.sha256, models.name, model_bytes.tflite FROM models "
      "LEFT JOIN model_bytes ON model_bytes.sha256 = models.sha256");
  while (models.next()) {
    if (models.is_null(2)) return damaged(folder, "model " + models.bytes(1) + " has no bytes");
    if (sha256_hex(models.bytes(2)) != models.bytes(0)) {
      return damaged(folder, "model " + models.bytes(1) + " has other bytes than its digest says");
    }
  }
  TINYRIG_RETURN_IF_ERROR(models.status());
  TINYRIG_ASSIGN_OR_RETURN(
      const std::uint64_t lost,
      integer_of(database,
                 "SELECT count(*) FROM recordings LEFT JOIN energy_captures USING (run_number) "
                 "WHERE remove_time_us IS NULL AND (data IS NULL OR length(data) <> stored_bytes)"));
  if (lost > 0) return damaged(folder, std::to_string(lost) + " recordings are not whole");
  return absl::OkStatus();
}

absl::StatusOr<v1::Backup> verify(const std::filesystem::path& folder) {
  TINYRIG_ASSIGN_OR_RETURN(const v1::Backup backup, read_description(folder));
  const std::filesystem::path file = folder / kBackupDatabase;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return damaged(folder, std::string(kBackupDatabase) + ": " + error.message());
  if (size != backup.size_bytes()) {
    return damaged(folder,
                   std::to_string(size) + " bytes where " + std::to_string(backup.size_bytes()) + " were written");
  }
  TINYRIG_ASSIGN_OR_RETURN(const std::string sha256, sha256_hex_of_file(file));
  if (sha256 != backup.sha256()) return damaged(folder, "its bytes have changed: SHA-256 " + sha256);
  TINYRIG_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> database, Connection::open(file, SQLITE_OPEN_READONLY));
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t version, integer_of(*database, "PRAGMA user_version"));
  if (version > newest_schema_version()) {
    return make_error(absl::StatusCode::kFailedPrecondition, "STORE_TOO_NEW",
                      "the backup has schema version " + std::to_string(version) + ", this program knows up to " +
                          std::to_string(newest_schema_version()),
                      "Use the tinyrig and tinyrigd of the version that made it (" + backup.server_version() + ").");
  }
  TINYRIG_RETURN_IF_ERROR(check_soundness(folder, *database));
  TINYRIG_RETURN_IF_ERROR(check_counts(folder, *database, backup));
  // Tables of older versions are looked at by the daemon that migrates them.
  if (version == newest_schema_version()) TINYRIG_RETURN_IF_ERROR(check_contents(folder, *database));
  return backup;
}

// Plays the log of a killed daemon into its database, so that one file is all of it. A damaged one stays as it is.
void fold_log(const std::filesystem::path& database) {
  const auto opened = Connection::open(database, SQLITE_OPEN_READWRITE);
  if (opened.ok()) (void)(*opened)->run_script("PRAGMA wal_checkpoint(TRUNCATE)");
}

// The database and what SQLite keeps beside it. A log that stays behind would be played into the next database.
absl::Status move_aside(const std::filesystem::path& database, const std::filesystem::path& aside) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::filesystem::path from = database.string() + suffix;
    std::error_code error;
    if (!std::filesystem::exists(from, error)) continue;
    std::filesystem::rename(from, aside.string() + suffix, error);
    if (error) return file_failed("moving " + from.string() + " aside", error);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status describe_backup(const std::filesystem::path& folder, const v1::Backup& backup) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(backup, &json, options).ok()) {
    return make_error(absl::StatusCode::kInternal, "STORE_FAILED", "a backup's description makes no JSON");
  }
  const std::filesystem::path path = folder / kBackupDescription;
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << json;
  file.close();
  if (!file) return file_failed("writing " + path.string(), std::error_code(errno, std::generic_category()));
  TINYRIG_RETURN_IF_ERROR(sync_path(folder / kBackupDatabase));
  TINYRIG_RETURN_IF_ERROR(sync_path(path));
  return sync_path(folder);
}

absl::StatusOr<v1::Backup> verify_backup(const std::filesystem::path& folder) {
  absl::StatusOr<v1::Backup> backup = verify(folder);
  // What SQLite itself found.
  if (reason_of(backup.status()) == "STORE_CORRUPT") return damaged(folder, std::string(backup.status().message()));
  return backup;
}

absl::StatusOr<Restored> restore_backup(const std::filesystem::path& folder, const std::filesystem::path& state,
                                        bool replace, absl::Time now) {
  Restored restored;
  TINYRIG_ASSIGN_OR_RETURN(restored.backup, verify_backup(folder));
  std::error_code error;
  std::filesystem::create_directories(state, error);
  if (error) return file_failed("making " + state.string(), error);
  TINYRIG_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::acquire(state));
  const std::filesystem::path database = state / kBackupDatabase;
  const bool there =
      std::filesystem::exists(database, error) || std::filesystem::exists(database.string() + "-wal", error);
  if (there && !replace) {
    return make_error(absl::StatusCode::kAlreadyExists, "STATE_EXISTS", database.string() + " is there already",
                      "Restore into another folder, or add --replace: what is there is kept under another name.");
  }
  const std::filesystem::path incoming = database.string() + ".restoring";
  std::filesystem::copy_file(folder / kBackupDatabase, incoming, std::filesystem::copy_options::overwrite_existing,
                             error);
  absl::Status copied = error ? file_failed("copying to " + incoming.string(), error) : sync_path(incoming);
  if (copied.ok()) {
    const absl::StatusOr<std::string> sha256 = sha256_hex_of_file(incoming);
    copied = !sha256.ok()                          ? sha256.status()
             : *sha256 == restored.backup.sha256() ? absl::OkStatus()
                                                   : damaged(folder, "it changed while it was copied");
  }
  if (!copied.ok()) {
    std::filesystem::remove(incoming, error);
    return copied;
  }
  if (there) {
    restored.replaced = database.string() + ".replaced-" + absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
    if (std::filesystem::exists(restored.replaced, error)) {
      return file_failed("moving " + database.string() + " aside", std::make_error_code(std::errc::file_exists));
    }
    fold_log(database);
    TINYRIG_RETURN_IF_ERROR(move_aside(database, restored.replaced));
  }
  std::filesystem::rename(incoming, database, error);
  if (error) return file_failed("naming " + database.string(), error);
  TINYRIG_RETURN_IF_ERROR(sync_path(state));
  return restored;
}

}  // namespace tinyrig::store
