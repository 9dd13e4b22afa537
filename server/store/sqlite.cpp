#include "server/store/sqlite.h"

#include <cerrno>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::store {
namespace {

bool is_want_of_room(int extended_code, int system_errno) {
  if ((extended_code & 0xff) == SQLITE_FULL) return true;
  if ((extended_code & 0xff) != SQLITE_IOERR) return false;
  return system_errno == ENOSPC || system_errno == EDQUOT || extended_code == SQLITE_IOERR_SHMSIZE;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      statement_(std::exchange(other.statement_, nullptr)),
      status_(std::move(other.status_)) {}

Statement::~Statement() {
  if (statement_ != nullptr) connection_->give_back(std::move(sql_), statement_);
}

bool Statement::next() {
  if (!status_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) status_ = connection_->error(code, sql_);
  return false;
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void Statement::check(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = connection_->error(code, sql_);
}

void Statement::bind_integer(int index, std::int64_t value) {
  if (status_.ok()) check(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind_real(int index, double value) {
  if (status_.ok()) check(sqlite3_bind_double(statement_, index, value));
}

void Statement::bind_text(int index, std::string_view value) {
  if (!status_.ok()) return;
  check(sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_blob(int index, const std::string& value) {
  if (status_.ok()) check(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC));
}

void Statement::bind_null(int index) {
  if (status_.ok()) check(sqlite3_bind_null(statement_, index));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle, file.string()));
  if (handle == nullptr) {
    return make_error(absl::StatusCode::kResourceExhausted, "STORE_FAILED", "no memory to open " + file.string());
  }
  if (code != SQLITE_OK) return connection->error(code, "opening it");
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : idle_statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Statement Connection::prepare(std::string_view sql) {
  if (const auto idle = idle_statements_.find(sql); idle != idle_statements_.end()) {
    auto node = idle_statements_.extract(idle);
    return Statement(this, std::move(node.key()), node.mapped(), absl::OkStatus());
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  absl::Status status = code == SQLITE_OK ? absl::OkStatus() : error(code, sql);
  return Statement(this, std::string(sql), statement, std::move(status));
}

void Connection::give_back(std::string sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  // The same SQL was in use twice at once: one copy is enough to keep.
  if (!idle_statements_.emplace(std::move(sql), statement).second) sqlite3_finalize(statement);
}

absl::Status Connection::run_script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : error(code, std::string_view(sql).substr(0, 80));
}

absl::Status Connection::copy_to(Connection& target, int pages,
                                 const std::function<bool(std::uint64_t, std::uint64_t)>& go_on) {
  std::uint64_t page_bytes = 0;
  {
    Statement statement = query("PRAGMA page_size");
    if (statement.next()) page_bytes = static_cast<std::uint64_t>(statement.integer(0));
    if (!statement.status().ok()) return statement.status();
  }
  sqlite3_backup* backup = sqlite3_backup_init(target.handle_, "main", handle_, "main");
  if (backup == nullptr) return target.error(sqlite3_extended_errcode(target.handle_), "beginning a copy");
  int code = SQLITE_OK;
  bool ended = false;
  while (code == SQLITE_OK && !ended) {
    code = sqlite3_backup_step(backup, pages);
    const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup));
    const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup));
    if (go_on) ended = !go_on((total - left) * page_bytes, total * page_bytes);
  }
  const int finished = sqlite3_backup_finish(backup);
  if (ended) {
    return make_error(absl::StatusCode::kAborted, "BACKUP_ENDED", "the copy was ended");
  }
  if (code != SQLITE_DONE) return target.error(code, "copying pages");
  return finished == SQLITE_OK ? absl::OkStatus() : target.error(finished, "ending a copy");
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }

std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Connection::interrupt() { sqlite3_interrupt(handle_); }

absl::Status Connection::error(int code, std::string_view doing) const {
  const int primary = code & 0xff;
  const std::string what = path_ + ": " + sqlite3_errmsg(handle_) + " (SQLite code " + std::to_string(code) + ", " +
                           std::string(doing.substr(0, 120)) + ")";
  if (is_want_of_room(code, sqlite3_system_errno(handle_))) {
    return make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "no room left for " + what,
                      "Free some disk space; nothing was lost, the daemon goes on when there is room.");
  }
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT", what,
                      "Stop the daemon, keep a copy of the file, and restore a backup or move it away.");
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    return make_error(absl::StatusCode::kUnavailable, "STORE_LOCKED", what,
                      "Close whatever else has the database open.");
  }
  if (primary == SQLITE_PERM || primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN) {
    return make_error(absl::StatusCode::kPermissionDenied, "STORE_FAILED", what,
                      "Check that the folder exists and that the daemon's user may write there.");
  }
  return make_error(absl::StatusCode::kInternal, "STORE_FAILED", what);
}

}  // namespace tinyrig::store
