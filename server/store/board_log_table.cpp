#include "server/store/board_log_table.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::store {
namespace {

constexpr std::int64_t kLinesKept = 10'000;
constexpr std::uint32_t kDefaultLines = 200;
// Old lines are looked for once in so many.
constexpr std::int64_t kLinesBetweenSweeps = 64;

}  // namespace

absl::Status append_board_log(Connection& database, const std::string& board_id, const v1::BoardLogLine& line) {
  const bool known_level = line.level() == "warning" || line.level() == "error";
  TINYRIG_RETURN_IF_ERROR(
      database.execute("INSERT INTO board_log (board_id, time_us, level, text) VALUES (?1, ?2, ?3, ?4)", board_id,
                       micros_of(line.time()), known_level ? line.level() : std::string("info"), line.text()));
  if (database.last_insert_rowid() % kLinesBetweenSweeps != 0) return absl::OkStatus();
  return database.execute(
      "DELETE FROM board_log WHERE board_id = ?1 AND number <= "
      "(SELECT number FROM board_log WHERE board_id = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
      board_id, kLinesKept);
}

absl::StatusOr<std::vector<v1::BoardLogLine>> board_log(Connection& database, const std::string& board_id,
                                                        std::uint32_t limit) {
  const std::int64_t wanted = std::min<std::int64_t>(limit == 0 ? kDefaultLines : limit, kLinesKept);
  std::vector<v1::BoardLogLine> lines;
  Statement statement = database.query(
      "SELECT time_us, level, text FROM board_log WHERE board_id = ?1 ORDER BY number DESC LIMIT ?2", board_id, wanted);
  while (statement.next()) {
    v1::BoardLogLine& line = lines.emplace_back();
    *line.mutable_time() = timestamp_of(statement.integer(0));
    line.set_level(statement.bytes(1));
    line.set_text(statement.bytes(2));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace tinyrig::store
