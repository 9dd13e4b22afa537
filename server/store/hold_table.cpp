#include "server/store/hold_table.h"

#include <cstdint>
#include <optional>

#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::store {

absl::Status save_hold(Connection& database, const BoardHold& hold) {
  std::optional<std::int64_t> expire_time_us;
  if (hold.hold.has_expire_time()) expire_time_us = micros_of(hold.hold.expire_time());
  return database.execute(
      "INSERT OR REPLACE INTO board_holds (board_id, kind, token, owner, reason, begin_time_us, expire_time_us) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      hold.board_id, column_text(hold.hold.kind()), hold.token, hold.hold.owner(), hold.hold.reason(),
      micros_of(hold.hold.begin_time()), expire_time_us);
}

absl::Status remove_hold(Connection& database, const std::string& board_id) {
  return database.execute("DELETE FROM board_holds WHERE board_id = ?1", board_id);
}

absl::StatusOr<std::vector<BoardHold>> load_holds(Connection& database) {
  std::vector<BoardHold> holds;
  Statement statement = database.query(
      "SELECT board_id, kind, token, owner, reason, begin_time_us, expire_time_us FROM board_holds ORDER BY board_id");
  while (statement.next()) {
    BoardHold& hold = holds.emplace_back();
    hold.board_id = statement.bytes(0);
    hold.hold.set_kind(hold_kind_of(statement.bytes(1)));
    hold.token = statement.bytes(2);
    hold.hold.set_owner(statement.bytes(3));
    hold.hold.set_reason(statement.bytes(4));
    *hold.hold.mutable_begin_time() = timestamp_of(statement.integer(5));
    if (!statement.is_null(6)) *hold.hold.mutable_expire_time() = timestamp_of(statement.integer(6));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return holds;
}

}  // namespace tinyrig::store
