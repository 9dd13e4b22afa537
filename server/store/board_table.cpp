#include "server/store/board_table.h"

#include <optional>
#include <string>

#include "server/base/status_macros.h"
#include "server/store/board_log_table.h"
#include "server/store/columns.h"

namespace tinyrig::store {

absl::Status save_board(Connection& database, const v1::Board& board, absl::Time when) {
  std::optional<std::string> health_before;
  {
    Statement before = database.query("SELECT health FROM boards WHERE board_id = ?1", board.id());
    if (before.next()) health_before = before.bytes(0);
    TINYRIG_RETURN_IF_ERROR(before.status());
  }
  const std::string health = column_text(board.health());
  const std::string serialized = board.SerializeAsString();
  TINYRIG_RETURN_IF_ERROR(
      database.execute("INSERT INTO boards (board_id, health, update_time_us, board) VALUES (?1, ?2, ?3, ?4) "
                       "ON CONFLICT (board_id) DO UPDATE SET health = ?2, update_time_us = ?3, board = ?4",
                       board.id(), health, absl::ToUnixMicros(when), Blob{serialized}));
  if (health_before == health) return absl::OkStatus();
  const bool is_good = board.health() == v1::HEALTH_GOOD;
  v1::BoardLogLine line;
  *line.mutable_time() = timestamp_of(when);
  line.set_level(is_good ? "info" : "warning");
  line.set_text("health " + (health_before.has_value() ? *health_before + " -> " : "") + health +
                (is_good || board.health_reason().empty() ? "" : ": " + board.health_reason()));
  return append_board_log(database, board.id(), line);
}

absl::StatusOr<std::vector<v1::Board>> load_boards(Connection& database) {
  std::vector<v1::Board> boards;
  Statement statement = database.query("SELECT board FROM boards ORDER BY board_id");
  while (statement.next()) TINYRIG_RETURN_IF_ERROR(parse_column(statement.bytes(0), &boards.emplace_back()));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return boards;
}

}  // namespace tinyrig::store
