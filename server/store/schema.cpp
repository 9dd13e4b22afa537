#include "server/store/schema.h"

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::store {
namespace {

// "TRIG": tells our databases from others (PRAGMA application_id).
constexpr std::int64_t kApplicationId = 0x54524947;

absl::StatusOr<std::int64_t> read_integer(Connection& database, const char* sql) {
  Statement statement = database.query(sql);
  if (statement.next()) return statement.integer(0);
  if (!statement.status().ok()) return statement.status();
  return 0;
}

absl::Status check_ours(Connection& database) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t application, read_integer(database, "PRAGMA application_id"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t tables, read_integer(database, "SELECT count(*) FROM sqlite_master"));
  if (application == kApplicationId || (application == 0 && tables == 0)) return absl::OkStatus();
  return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT",
                    "the database belongs to another program (application id " + std::to_string(application) + ")",
                    "Start the daemon with another data folder.");
}

absl::Status run_migration(Connection& database, const Migration& migration, absl::Time now) {
  TINYRIG_RETURN_IF_ERROR(database.run_script(migration.sql));
  TINYRIG_RETURN_IF_ERROR(
      database.execute("INSERT INTO schema_migrations (number, name, applied_time_us) VALUES (?1, ?2, ?3)",
                       migration.number, migration.name, absl::ToUnixMicros(now)));
  // PRAGMA takes no parameters; both are numbers of ours.
  return database.run_script("PRAGMA application_id = " + std::to_string(kApplicationId) +
                             "; PRAGMA user_version = " + std::to_string(migration.number));
}

}  // namespace

std::uint32_t newest_schema_version() { return migrations().back().number; }

absl::Status migrate(Connection& database, absl::Time now) {
  TINYRIG_RETURN_IF_ERROR(check_ours(database));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t version, read_integer(database, "PRAGMA user_version"));
  if (version > static_cast<std::int64_t>(newest_schema_version())) {
    return make_error(absl::StatusCode::kFailedPrecondition, "STORE_TOO_NEW",
                      "the database has schema version " + std::to_string(version) + ", this program knows up to " +
                          std::to_string(newest_schema_version()),
                      "Start the newer tinyrigd that wrote it, or use another data folder.");
  }
  if (version == static_cast<std::int64_t>(newest_schema_version())) return absl::OkStatus();
  TINYRIG_RETURN_IF_ERROR(database.execute("BEGIN IMMEDIATE"));
  absl::Status status;
  for (const Migration& migration : migrations()) {
    if (migration.number > version && status.ok()) status = run_migration(database, migration, now);
  }
  if (status.ok()) status = database.execute("COMMIT");
  if (!status.ok() && database.in_transaction()) (void)database.execute("ROLLBACK");
  return status;
}

}  // namespace tinyrig::store
