#include "server/store/access_table.h"

#include <algorithm>
#include <optional>

#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::store {
namespace {

constexpr std::int64_t kMostAuditLines = 1'000'000;
constexpr std::uint32_t kMostAuditLinesRead = 10'000;
constexpr std::uint32_t kDefaultAuditLines = 100;

std::optional<std::int64_t> micros_if(bool set, const google::protobuf::Timestamp& time) {
  return set ? std::optional(micros_of(time)) : std::nullopt;
}

v1::Token token_of_row(const Statement& row) {
  v1::Token token;
  token.set_id(row.bytes(0));
  token.set_user(row.bytes(1));
  token.set_name(row.bytes(2));
  token.set_role(role_of(row.bytes(3)));
  *token.mutable_create_time() = timestamp_of(row.integer(4));
  token.set_created_by(row.bytes(5));
  if (!row.is_null(6)) *token.mutable_expire_time() = timestamp_of(row.integer(6));
  if (!row.is_null(7)) *token.mutable_revoke_time() = timestamp_of(row.integer(7));
  if (!row.is_null(8)) *token.mutable_last_use_time() = timestamp_of(row.integer(8));
  return token;
}

}  // namespace

absl::Status save_token(Connection& database, const StoredToken& stored) {
  const v1::Token& token = stored.token;
  return database.execute(
      "INSERT INTO tokens (id, user, name, secret_sha256, role, create_time_us, created_by, expire_time_us, "
      "revoke_time_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET revoke_time_us = ?9",
      token.id(), token.user(), token.name(), stored.secret_sha256, column_text(token.role()),
      micros_of(token.create_time()), token.created_by(), micros_if(token.has_expire_time(), token.expire_time()),
      micros_if(token.has_revoke_time(), token.revoke_time()));
}

absl::Status save_token_use(Connection& database, const std::string& token_id, absl::Time when) {
  return database.execute("UPDATE tokens SET last_use_time_us = ?2 WHERE id = ?1", token_id, absl::ToUnixMicros(when));
}

absl::StatusOr<std::vector<StoredToken>> load_tokens(Connection& database) {
  std::vector<StoredToken> tokens;
  Statement statement = database.query(
      "SELECT id, user, name, role, create_time_us, created_by, expire_time_us, revoke_time_us, last_use_time_us, "
      "secret_sha256 FROM tokens");
  while (statement.next()) tokens.push_back({token_of_row(statement), statement.bytes(9)});
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return tokens;
}

absl::Status append_audit(Connection& database, const v1::AuditLine& line) {
  TINYRIG_RETURN_IF_ERROR(database.execute(
      "INSERT INTO audit_log (time_us, user, token_id, method, subject, result) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      micros_of(line.time()), line.user(), line.token_id(), line.method(), line.subject(), line.result()));
  return database.execute("DELETE FROM audit_log WHERE number <= ?1", database.last_insert_rowid() - kMostAuditLines);
}

absl::StatusOr<std::vector<v1::AuditLine>> read_audit_log(Connection& database, const std::string& subject,
                                                          std::uint32_t limit) {
  const std::uint32_t lines = limit == 0 ? kDefaultAuditLines : std::min(limit, kMostAuditLinesRead);
  const std::string columns = "SELECT time_us, user, token_id, method, subject, result FROM audit_log ";
  Statement statement =
      subject.empty() ? database.query(columns + "ORDER BY number DESC LIMIT ?1", lines)
                      : database.query(columns + "WHERE subject = ?1 AND subject <> '' ORDER BY number DESC LIMIT ?2",
                                       subject, lines);
  std::vector<v1::AuditLine> log;
  while (statement.next()) {
    v1::AuditLine& line = log.emplace_back();
    *line.mutable_time() = timestamp_of(statement.integer(0));
    line.set_user(statement.bytes(1));
    line.set_token_id(statement.bytes(2));
    line.set_method(statement.bytes(3));
    line.set_subject(statement.bytes(4));
    line.set_result(statement.bytes(5));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return log;
}

absl::Status add_board_time(Connection& database, std::int64_t job_number, const v1::Attempt& attempt) {
  const std::int64_t finish_us = micros_of(attempt.finish_time());
  // A clock that was set back in between gives no time back.
  const std::int64_t used_us = std::max<std::int64_t>(0, finish_us - micros_of(attempt.start_time()));
  return database.execute(
      "INSERT INTO board_time (user, day, used_us) SELECT owner, ?2, ?3 FROM jobs WHERE number = ?1 AND owner <> '' "
      "ON CONFLICT (user, day) DO UPDATE SET used_us = used_us + ?3",
      job_number, day_of(absl::FromUnixMicros(finish_us)), used_us);
}

absl::StatusOr<absl::Duration> read_board_time(Connection& database, const std::string& user, std::int64_t day) {
  Statement statement = database.query("SELECT used_us FROM board_time WHERE user = ?1 AND day = ?2", user, day);
  if (statement.next()) return absl::Microseconds(statement.integer(0));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return absl::ZeroDuration();
}

absl::StatusOr<std::uint32_t> count_unfinished_jobs(Connection& database, const std::string& owner) {
  Statement statement = database.query("SELECT count(*) FROM jobs WHERE owner = ?1 AND outcome IS NULL", owner);
  if (statement.next()) return statement.u32(0);
  return statement.status();
}

}  // namespace tinyrig::store
