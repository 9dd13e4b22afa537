// SQLite's C API with owners: a connection that keeps its prepared statements, and a statement that binds,
// steps and reports by absl::Status.
//
// A Connection and its Statements belong to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig::store {

/// Bytes to bind as a BLOB (a std::string binds as TEXT). The string must outlive the step.
struct Blob {
  const std::string& bytes;
};

class Connection;

/// A prepared statement in use; goes back to its connection's cache when destroyed. Errors stick: after
/// one, next() is false and status() says which.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Steps to the next row; false at the end or on an error.
  bool next();
  /// OK, or the first error of preparing, binding or stepping.
  const absl::Status& status() const { return status_; }

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint32_t u32(int column) const { return static_cast<std::uint32_t>(integer(column)); }
  double real(int column) const;
  /// TEXT or BLOB.
  std::string bytes(int column) const;

 private:
  friend class Connection;
  Statement(Connection* connection, std::string sql, sqlite3_stmt* statement, absl::Status status)
      : connection_(connection), sql_(std::move(sql)), statement_(statement), status_(std::move(status)) {}

  template <typename T>
  void bind(int index, const T& value);
  void bind_integer(int index, std::int64_t value);
  void bind_real(int index, double value);
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, const std::string& value);
  void bind_null(int index);
  void check(int code);

  Connection* connection_;
  std::string sql_;
  sqlite3_stmt* statement_;
  absl::Status status_;
};

class Connection {
 public:
  /// `flags`: SQLITE_OPEN_*.
  static absl::StatusOr<std::unique_ptr<Connection>> open(const std::filesystem::path& file, int flags);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A statement with its parameters bound in order: integers, bool, double, std::string (TEXT), Blob,
  /// std::optional of those (NULL when empty).
  template <typename... Args>
  Statement query(std::string_view sql, const Args&... args) {
    Statement statement = prepare(sql);
    [[maybe_unused]] int index = 0;
    (statement.bind(++index, args), ...);
    return statement;
  }

  /// query() that is run to its end.
  template <typename... Args>
  absl::Status execute(std::string_view sql, const Args&... args) {
    Statement statement = query(sql, args...);
    while (statement.next()) {
    }
    return statement.status();
  }

  /// Several statements without parameters.
  absl::Status run_script(const std::string& sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  std::int64_t last_insert_rowid() const;
  bool in_transaction() const;

  /// Ends what this connection is doing, soon, with an error. The one function for other threads.
  void interrupt();

  /// Copies all of this database over `target`, which nobody else uses, `pages` at a time; `go_on` is told how many
  /// bytes are done, of how many, and ends it by false: ABORTED BACKUP_ENDED.
  absl::Status copy_to(Connection& target, int pages, const std::function<bool(std::uint64_t, std::uint64_t)>& go_on);

  /// The status for an error code of this connection. SQLITE_FULL, and I/O errors for want of room:
  /// RESOURCE_EXHAUSTED DISK_FULL. Corruption: DATA_LOSS STORE_CORRUPT. Busy: UNAVAILABLE STORE_LOCKED.
  /// Anything else: INTERNAL STORE_FAILED.
  absl::Status error(int code, std::string_view doing) const;

 private:
  friend class Statement;
  explicit Connection(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  Statement prepare(std::string_view sql);
  void give_back(std::string sql, sqlite3_stmt* statement);

  sqlite3* handle_;
  std::string path_;
  std::map<std::string, sqlite3_stmt*, std::less<>> idle_statements_;
};

template <typename T>
void Statement::bind(int index, const T& value) {
  if constexpr (std::is_same_v<T, Blob>) {
    bind_blob(index, value.bytes);
  } else if constexpr (std::is_integral_v<T>) {
    bind_integer(index, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    bind_real(index, value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    bind_text(index, value);
  } else if (value.has_value()) {
    bind(index, *value);
  } else {
    bind_null(index);
  }
}

}  // namespace tinyrig::store
