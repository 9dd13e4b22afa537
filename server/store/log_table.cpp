#include "server/store/log_table.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/job_table.h"
#include "server/store/retention_steps.h"

namespace tinyrig::store {
namespace {

constexpr int kMaxLines = 10'000;

}  // namespace

absl::Status append_log(Connection& database, const v1::LogLine& line) {
  const bool known_level = line.level() == "warning" || line.level() == "error";
  return database.execute(
      "INSERT INTO job_log (job_number, time_us, run_id, board_id, level, text) "
      "SELECT number, ?2, ?3, ?4, ?5, ?6 FROM jobs WHERE job_id = ?1",
      line.job_id(), micros_of(line.time()), line.run_id(), line.board_id(),
      known_level ? line.level() : std::string("info"), line.text());
}

absl::StatusOr<std::vector<v1::LogLine>> job_logs(Connection& database, const std::string& job_id) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t job_number, find_job_number(database, job_id));
  std::vector<v1::LogLine> lines;
  Statement statement = database.query(
      "SELECT time_us, run_id, board_id, level, text FROM job_log WHERE job_number = ?1 ORDER BY number DESC LIMIT ?2",
      job_number, kMaxLines);
  while (statement.next()) {
    v1::LogLine& line = lines.emplace_back();
    *line.mutable_time() = timestamp_of(statement.integer(0));
    line.set_job_id(job_id);
    line.set_run_id(statement.bytes(1));
    line.set_board_id(statement.bytes(2));
    line.set_level(statement.bytes(3));
    line.set_text(statement.bytes(4));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  TINYRIG_ASSIGN_OR_RETURN(const std::optional<absl::Time> removed, removal_time(database, kJobLogs, job_id));
  if (removed.has_value()) {
    v1::LogLine& line = lines.emplace_back();
    *line.mutable_time() = timestamp_of(*removed);
    line.set_job_id(job_id);
    line.set_level("info");
    line.set_text("earlier lines were removed by retention on " + date_text(*removed));
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace tinyrig::store
