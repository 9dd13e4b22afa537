#include "server/store/run_table.h"

#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/job_table.h"
#include "server/store/model_table.h"
#include "server/store/sample_codec.h"

namespace tinyrig::store {
namespace {

// One row per run with what its v1::Run needs; the columns are read by run_of_row.
constexpr char kRunSelect[] =
    "SELECT runs.number, runs.run_id, jobs.job_id, runs.model_sha256, models.name, runs.board_type, "
    "coalesce(runs.board_id, ''), runs.runtime, runs.state, runs.outcome, runs.reason, runs.message, runs.attempts, "
    "runs.create_time_us, runs.finish_time_us, jobs.accepted, runs.pinned_board_id, runs.required_label "
    "FROM runs JOIN jobs ON jobs.number = runs.job_number JOIN models ON models.sha256 = runs.model_sha256 ";
constexpr int kNumberColumn = 0;
constexpr int kPinnedColumn = 16;
constexpr int kLabelColumn = 17;

v1::RunSummary summary_of_row(const Statement& row) {
  v1::RunSummary summary;
  summary.set_run_id(row.bytes(1));
  summary.set_model_name(row.bytes(4));
  summary.set_board_type(row.bytes(5));
  summary.set_board_id(row.bytes(6));
  summary.set_runtime(row.bytes(7));
  summary.set_state(run_state_of(row.bytes(8)));
  if (!row.is_null(9)) summary.set_outcome(outcome_of(row.bytes(9)));
  summary.set_reason(row.bytes(10));
  summary.set_message(row.bytes(11));
  summary.set_attempts(row.u32(12));
  return summary;
}

absl::StatusOr<v1::Run> run_of_row(const Statement& row) {
  v1::Run run;
  *run.mutable_summary() = summary_of_row(row);
  run.set_job_id(row.bytes(2));
  run.set_model_sha256(row.bytes(3));
  *run.mutable_create_time() = timestamp_of(row.integer(13));
  if (!row.is_null(14)) *run.mutable_finish_time() = timestamp_of(row.integer(14));
  v1::Job accepted;
  TINYRIG_RETURN_IF_ERROR(parse_column(row.bytes(15), &accepted));
  *run.mutable_measurements() = accepted.spec().measurements();
  *run.mutable_settings() = accepted.spec().settings();
  return run;
}

absl::Status add_attempts(Connection& database, std::int64_t run_number, v1::Run* run) {
  Statement statement = database.query(
      "SELECT number, board_id, start_time_us, finish_time_us, outcome, reason, message FROM attempts "
      "WHERE run_number = ?1 ORDER BY number",
      run_number);
  while (statement.next()) {
    v1::Attempt* attempt = run->add_attempts();
    attempt->set_number(statement.u32(0));
    attempt->set_board_id(statement.bytes(1));
    *attempt->mutable_start_time() = timestamp_of(statement.integer(2));
    if (!statement.is_null(3)) *attempt->mutable_finish_time() = timestamp_of(statement.integer(3));
    if (!statement.is_null(4)) attempt->set_outcome(outcome_of(statement.bytes(4)));
    attempt->set_reason(statement.bytes(5));
    attempt->set_message(statement.bytes(6));
  }
  return statement.status();
}

absl::Status add_result(Connection& database, std::int64_t run_number, v1::Run* run) {
  Statement statement = database.query("SELECT result FROM results WHERE run_number = ?1", run_number);
  if (statement.next()) return parse_column(statement.bytes(0), run->mutable_result());
  return statement.status();
}

absl::Status add_failures(Connection& database, std::int64_t run_number, ScheduledRun* run) {
  Statement statement = database.query(
      "SELECT board_id FROM attempts WHERE run_number = ?1 AND counts_as_failure = 1 ORDER BY number", run_number);
  while (statement.next()) {
    ++run->counted_failures;
    run->failed_board_ids.push_back(statement.bytes(0));
  }
  return statement.status();
}

}  // namespace

absl::Status attempt_stale(const std::string& run_id, std::uint32_t attempt_number) {
  return make_error(absl::StatusCode::kFailedPrecondition, "ATTEMPT_STALE",
                    "attempt " + std::to_string(attempt_number) + " is not the current one of run " + run_id);
}

absl::Status insert_run(Connection& database, std::int64_t job_number, const ScheduledRun& scheduled,
                        std::int64_t create_time_us) {
  const v1::RunSummary& summary = scheduled.run.summary();
  const bool finished = summary.state() == v1::RUN_STATE_FINISHED;
  const std::optional<std::string> outcome =
      finished ? std::optional<std::string>(column_text(summary.outcome())) : std::nullopt;
  const std::optional<std::int64_t> finish_time_us =
      finished ? std::optional<std::int64_t>(create_time_us) : std::nullopt;
  return database.execute(
      "INSERT INTO runs (run_id, job_number, model_sha256, board_type, pinned_board_id, required_label, runtime, "
      "state, board_id, attempts, outcome, reason, message, create_time_us, finish_time_us) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, 0, ?9, ?10, ?11, ?12, ?13)",
      summary.run_id(), job_number, scheduled.run.model_sha256(), summary.board_type(), scheduled.pinned_board_id,
      scheduled.required_label, summary.runtime(), finished ? "finished" : "queued", outcome, summary.reason(),
      summary.message(), create_time_us, finish_time_us);
}

absl::Status begin_attempt(Connection& database, const std::string& run_id, const v1::Attempt& attempt) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t run_number, find_run_number(database, run_id));
  TINYRIG_RETURN_IF_ERROR(
      database.execute("UPDATE runs SET state = 'leased', board_id = ?3, attempts = ?2 "
                       "WHERE number = ?1 AND state = 'queued' AND attempts = ?2 - 1",
                       run_number, attempt.number(), attempt.board_id()));
  if (database.changes() == 0) return attempt_stale(run_id, attempt.number());
  return database.execute(
      "INSERT INTO attempts (run_number, number, board_id, start_time_us, reason, message, counts_as_failure) "
      "VALUES (?1, ?2, ?3, ?4, '', '', 0)",
      run_number, attempt.number(), attempt.board_id(), micros_of(attempt.start_time()));
}

absl::Status set_run_state(Connection& database, const std::string& run_id, std::uint32_t attempt_number,
                           v1::RunState state) {
  if (state != v1::RUN_STATE_PREPARING && state != v1::RUN_STATE_MEASURING && state != v1::RUN_STATE_COLLECTING) {
    return make_error(absl::StatusCode::kInvalidArgument, "STORE_FAILED",
                      "a run on a board cannot be set to " + column_text(state));
  }
  TINYRIG_RETURN_IF_ERROR(database.execute(
      "UPDATE runs SET state = ?3 WHERE run_id = ?1 AND attempts = ?2 AND state NOT IN ('queued', 'finished')", run_id,
      attempt_number, column_text(state)));
  return database.changes() == 1 ? absl::OkStatus() : attempt_stale(run_id, attempt_number);
}

absl::StatusOr<std::int64_t> find_run_number(Connection& database, const std::string& run_id) {
  Statement statement = database.query("SELECT number FROM runs WHERE run_id = ?1", run_id);
  if (statement.next()) return statement.integer(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return make_error(absl::StatusCode::kNotFound, "RUN_UNKNOWN", "no run \"" + run_id.substr(0, 100) + "\"",
                    "`tinyrig job show JOB` lists the runs of a job.");
}

absl::StatusOr<v1::Run> read_run(Connection& database, std::int64_t run_number, bool with_result) {
  static const std::string kSql = std::string(kRunSelect) + "WHERE runs.number = ?1";
  Statement statement = database.query(kSql, run_number);
  if (!statement.next()) {
    TINYRIG_RETURN_IF_ERROR(statement.status());
    return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT",
                      "run number " + std::to_string(run_number) + " is missing");
  }
  TINYRIG_ASSIGN_OR_RETURN(v1::Run run, run_of_row(statement));
  TINYRIG_RETURN_IF_ERROR(add_attempts(database, run_number, &run));
  if (with_result) TINYRIG_RETURN_IF_ERROR(add_result(database, run_number, &run));
  return run;
}

absl::StatusOr<RunPage> list_runs(Connection& database, const v1::ListRunsRequest& request) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t before, parse_page_token(request.page_token()));
  const std::size_t size = page_size_of(request.page_size());
  std::int64_t job_number = 0;
  std::string model_sha256;
  // Only the conditions that are asked for, so that SQLite can use the index of each.
  std::string sql = std::string(kRunSelect) + "WHERE (?1 = 0 OR runs.number < ?1)";
  if (!request.job_id().empty()) {
    TINYRIG_ASSIGN_OR_RETURN(job_number, find_job_number(database, request.job_id()));
    sql += " AND runs.job_number = ?3";
  }
  if (!request.model().empty()) {
    TINYRIG_ASSIGN_OR_RETURN(const v1::Model model, find_model(database, request.model()));
    model_sha256 = model.sha256();
    sql += " AND runs.model_sha256 = ?4";
  }
  if (!request.board_type().empty()) sql += " AND runs.board_type = ?5";
  // Parameters that a short statement lacks must still exist for binding.
  sql += " AND (?3 IS NOT NULL AND ?4 IS NOT NULL AND ?5 IS NOT NULL) ORDER BY runs.number DESC LIMIT ?2";

  RunPage page;
  std::int64_t last_number = 0;
  Statement statement = database.query(sql, before, size + 1, job_number, model_sha256, request.board_type());
  while (statement.next()) {
    if (page.runs.size() == size) {
      page.next_page_token = std::to_string(last_number);
      break;
    }
    last_number = statement.integer(kNumberColumn);
    TINYRIG_ASSIGN_OR_RETURN(v1::Run run, run_of_row(statement));
    TINYRIG_RETURN_IF_ERROR(add_attempts(database, last_number, &run));
    TINYRIG_RETURN_IF_ERROR(add_result(database, last_number, &run));
    page.runs.push_back(std::move(run));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return page;
}

absl::Status add_run_summaries(Connection& database, std::int64_t job_number, v1::Job* job) {
  static const std::string kSql = std::string(kRunSelect) + "WHERE runs.job_number = ?1 ORDER BY runs.number";
  Statement statement = database.query(kSql, job_number);
  while (statement.next()) *job->add_runs() = summary_of_row(statement);
  return statement.status();
}

absl::StatusOr<std::vector<ScheduledRun>> unfinished_runs(Connection& database) {
  static const std::string kSql =
      std::string(kRunSelect) + "WHERE jobs.outcome IS NULL AND runs.outcome IS NULL ORDER BY runs.number";
  std::vector<ScheduledRun> runs;
  Statement statement = database.query(kSql);
  while (statement.next()) {
    ScheduledRun& scheduled = runs.emplace_back();
    TINYRIG_ASSIGN_OR_RETURN(scheduled.run, run_of_row(statement));
    scheduled.pinned_board_id = statement.bytes(kPinnedColumn);
    scheduled.required_label = statement.bytes(kLabelColumn);
    TINYRIG_RETURN_IF_ERROR(add_failures(database, statement.integer(kNumberColumn), &scheduled));
    TINYRIG_RETURN_IF_ERROR(add_attempts(database, statement.integer(kNumberColumn), &scheduled.run));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return runs;
}

absl::StatusOr<std::vector<v1::SessionSamples>> read_samples(Connection& database, const std::string& run_id) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t run_number, find_run_number(database, run_id));
  std::vector<v1::SessionSamples> sessions;
  Statement statement = database.query(
      "SELECT session, data FROM samples WHERE run_number = ?1 AND kind = 'latency_ticks' ORDER BY session",
      run_number);
  while (statement.next()) {
    v1::SessionSamples& session = sessions.emplace_back();
    session.set_session(statement.u32(0));
    TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> ticks, decode_samples(statement.bytes(1)));
    session.mutable_latency_ticks()->Add(ticks.begin(), ticks.end());
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return sessions;
}

}  // namespace tinyrig::store
