#include "server/store/run_end.h"

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/status_macros.h"
#include "server/store/access_table.h"
#include "server/store/columns.h"
#include "server/store/job_table.h"
#include "server/store/leaderboard_table.h"
#include "server/store/retention_steps.h"
#include "server/store/run_table.h"
#include "server/store/sample_codec.h"

namespace tinyrig::store {
namespace {

// What the run was before this end.
struct RunBefore {
  std::int64_t number = 0;
  std::int64_t job_number = 0;
  std::uint32_t attempts = 0;
  bool finished = false;
  bool cancel_requested = false;
  // This very attempt has ended already.
  bool attempt_ended = false;
};

absl::StatusOr<RunBefore> read_before(Connection& database, const AttemptEnd& end) {
  RunBefore before;
  TINYRIG_ASSIGN_OR_RETURN(before.number, find_run_number(database, end.run_id));
  Statement run = database.query(
      "SELECT runs.job_number, runs.attempts, runs.outcome, jobs.cancel_time_us FROM runs "
      "JOIN jobs ON jobs.number = runs.job_number WHERE runs.number = ?1",
      before.number);
  if (run.next()) {
    before.job_number = run.integer(0);
    before.attempts = run.u32(1);
    before.finished = !run.is_null(2);
    before.cancel_requested = !run.is_null(3);
  }
  TINYRIG_RETURN_IF_ERROR(run.status());
  Statement attempt =
      database.query("SELECT 1 FROM attempts WHERE run_number = ?1 AND number = ?2 AND outcome IS NOT NULL",
                     before.number, end.attempt.number());
  before.attempt_ended = attempt.next();
  TINYRIG_RETURN_IF_ERROR(attempt.status());
  return before;
}

// Inserts when the attempt's begin was never stored (a full disk at that moment).
absl::Status write_attempt(Connection& database, std::int64_t run_number, const AttemptEnd& end) {
  const v1::Attempt& attempt = end.attempt;
  return database.execute(
      "INSERT INTO attempts (run_number, number, board_id, start_time_us, finish_time_us, outcome, reason, message, "
      "counts_as_failure) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
      "ON CONFLICT (run_number, number) DO UPDATE SET finish_time_us = ?5, outcome = ?6, reason = ?7, message = ?8, "
      "counts_as_failure = ?9",
      run_number, attempt.number(), attempt.board_id(), micros_of(attempt.start_time()),
      micros_of(attempt.finish_time()), column_text(attempt.outcome()), attempt.reason(), attempt.message(),
      end.counts_as_failure);
}

absl::Status requeue(Connection& database, std::int64_t run_number, const AttemptEnd& end) {
  return database.execute("UPDATE runs SET state = 'queued', board_id = NULL, attempts = ?2 WHERE number = ?1",
                          run_number, end.attempt.number());
}

absl::Status finish(Connection& database, std::int64_t run_number, const AttemptEnd& end, v1::Outcome outcome,
                    const std::string& reason, const std::string& message) {
  return database.execute(
      "UPDATE runs SET state = 'finished', board_id = ?2, attempts = ?3, outcome = ?4, reason = ?5, message = ?6, "
      "finish_time_us = ?7 WHERE number = ?1",
      run_number, end.attempt.board_id(), end.attempt.number(), column_text(outcome), reason, message,
      micros_of(end.attempt.finish_time()));
}

absl::Status write_result(Connection& database, std::int64_t run_number, const v1::RunResult& result) {
  const std::string serialized = result.SerializeAsString();
  return database.execute("INSERT INTO results (run_number, validity, result) VALUES (?1, ?2, ?3)", run_number,
                          column_text(result.validity()), Blob{serialized});
}

absl::Status write_samples(Connection& database, std::int64_t run_number,
                           const std::vector<v1::SessionSamples>& sessions) {
  for (const v1::SessionSamples& session : sessions) {
    const std::vector<std::uint64_t> ticks(session.latency_ticks().begin(), session.latency_ticks().end());
    const std::string data = encode_samples(ticks);
    TINYRIG_RETURN_IF_ERROR(
        database.execute("INSERT INTO samples (run_number, session, kind, sample_count, data) "
                         "VALUES (?1, ?2, 'latency_ticks', ?3, ?4)",
                         run_number, session.session(), ticks.size(), Blob{data}));
  }
  return absl::OkStatus();
}

absl::StatusOr<AttemptEndResult> result_of(Connection& database, const RunBefore& before, bool applied) {
  AttemptEndResult result;
  result.applied = applied;
  TINYRIG_ASSIGN_OR_RETURN(result.run, read_run(database, before.number, /*with_result=*/false));
  return result;
}

}  // namespace

absl::StatusOr<AttemptEndResult> end_attempt(Connection& database, const AttemptEnd& end, const Retention& retention) {
  TINYRIG_ASSIGN_OR_RETURN(const RunBefore before, read_before(database, end));
  if (before.finished || before.attempt_ended) return result_of(database, before, /*applied=*/false);
  if (end.attempt.number() < before.attempts) return attempt_stale(end.run_id, end.attempt.number());

  TINYRIG_RETURN_IF_ERROR(write_attempt(database, before.number, end));
  TINYRIG_RETURN_IF_ERROR(add_board_time(database, before.job_number, end.attempt));
  if (end.requeue && !before.cancel_requested) {
    TINYRIG_RETURN_IF_ERROR(requeue(database, before.number, end));
    return result_of(database, before, /*applied=*/true);
  }

  if (end.requeue) {
    TINYRIG_RETURN_IF_ERROR(finish(database, before.number, end, v1::OUTCOME_CANCELLED, "CANCELLED",
                                   "cancelled after an attempt that failed: " + end.attempt.message()));
  } else {
    TINYRIG_RETURN_IF_ERROR(finish(database, before.number, end, end.run_outcome, end.run_reason, end.run_message));
    if (end.result.has_value()) {
      TINYRIG_RETURN_IF_ERROR(write_result(database, before.number, *end.result));
      TINYRIG_RETURN_IF_ERROR(write_samples(database, before.number, end.samples));
      if (end.capture != nullptr) {
        TINYRIG_RETURN_IF_ERROR(keep_recording(database, before.number, *end.capture, retention,
                                               absl::FromUnixMicros(micros_of(end.attempt.finish_time()))));
      }
      TINYRIG_RETURN_IF_ERROR(consider_for_leaderboard(database, before.number));
    }
  }
  TINYRIG_ASSIGN_OR_RETURN(const bool job_done,
                           finish_job_if_done(database, before.job_number, micros_of(end.attempt.finish_time())));
  TINYRIG_ASSIGN_OR_RETURN(AttemptEndResult result, result_of(database, before, /*applied=*/true));
  if (job_done) {
    TINYRIG_ASSIGN_OR_RETURN(result.finished_job, read_job(database, before.job_number));
  }
  return result;
}

}  // namespace tinyrig::store
