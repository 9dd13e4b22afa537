#include "server/store/integrity.h"

#include <memory>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::store {
namespace {

absl::Status damaged(const std::filesystem::path& file, const std::string& what) {
  return make_error(
      absl::StatusCode::kDataLoss, "STORE_CORRUPT", file.string() + " is damaged: " + what,
      "Stop tinyrigd and restore the newest backup: `tinyrig admin restore BACKUP --state DATA --replace` "
      "keeps the damaged file beside it.");
}

// `argument`: "", or a table's name in quotes and parentheses.
absl::Status check(Connection& database, const std::filesystem::path& file, const std::string& argument) {
  {
    Statement pages = database.query("PRAGMA quick_check" + argument);
    if (pages.next() && pages.bytes(0) != "ok") return damaged(file, pages.bytes(0));
    TINYRIG_RETURN_IF_ERROR(pages.status());
  }
  Statement orphans = database.query("PRAGMA foreign_key_check" + argument);
  if (orphans.next()) return damaged(file, "a row of " + orphans.bytes(0) + " refers to nothing");
  return orphans.status();
}

}  // namespace

absl::Status check_database(Connection& database, const std::filesystem::path& file) {
  return check(database, file, "");
}

absl::Status check_tables(const std::filesystem::path& file, const std::stop_token& stop) {
  TINYRIG_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> database, Connection::open(file, SQLITE_OPEN_READWRITE));
  TINYRIG_RETURN_IF_ERROR(database->run_script("PRAGMA query_only = 1; PRAGMA busy_timeout = 2000"));
  std::vector<std::string> tables;
  {
    Statement names = database->query("SELECT name FROM sqlite_master WHERE type = 'table'");
    while (names.next()) tables.push_back("('" + names.bytes(0) + "')");
    TINYRIG_RETURN_IF_ERROR(names.status());
  }
  const std::stop_callback interrupt(stop, [&database] { database->interrupt(); });
  for (const std::string& table : tables) {
    const absl::Status checked = check(*database, file, table);
    // Interrupted, it says what it likes.
    if (stop.stop_requested()) return absl::CancelledError("the check was ended");
    TINYRIG_RETURN_IF_ERROR(checked);
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::store
