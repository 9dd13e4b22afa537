#include "server/store/golden_table.h"

#include "server/base/status_macros.h"

namespace tinyrig::store {

absl::Status record_golden_latency(Connection& database, const GoldenLatency& latency) {
  return database.execute(
      "INSERT INTO golden_latencies (board_type, build_id, packed_sha256, ticks, board_id, record_time_us) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
      latency.board_type, latency.build_id, latency.packed_sha256, static_cast<std::int64_t>(latency.ticks),
      latency.board_id, absl::ToUnixMicros(latency.recorded));
}

absl::Status forget_golden_latencies(Connection& database, const std::string& board_type) {
  return database.execute("DELETE FROM golden_latencies WHERE board_type = ?1", board_type);
}

absl::StatusOr<std::vector<GoldenLatency>> golden_latencies(Connection& database) {
  std::vector<GoldenLatency> latencies;
  Statement statement = database.query(
      "SELECT board_type, build_id, packed_sha256, ticks, board_id, record_time_us FROM golden_latencies "
      "ORDER BY board_type, build_id, packed_sha256");
  while (statement.next()) {
    latencies.push_back({.board_type = statement.bytes(0),
                         .build_id = statement.bytes(1),
                         .packed_sha256 = statement.bytes(2),
                         .ticks = static_cast<std::uint64_t>(statement.integer(3)),
                         .board_id = statement.bytes(4),
                         .recorded = absl::FromUnixMicros(statement.integer(5))});
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return latencies;
}

}  // namespace tinyrig::store
