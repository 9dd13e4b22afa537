#include "server/store/job_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/access_table.h"
#include "server/store/columns.h"
#include "server/store/model_table.h"
#include "server/store/outcome.h"
#include "server/store/run_table.h"

namespace tinyrig::store {
namespace {

constexpr char kJobColumns[] = "number, accepted, create_time_us, cancel_time_us, outcome, finish_time_us";

absl::StatusOr<AcceptedJob> known_submission(const Submission& known, const NewJob& job) {
  if (known.spec_digest == job.spec_digest) return AcceptedJob{known.job_id, true};
  return make_error(absl::StatusCode::kAlreadyExists, "IDEMPOTENCY_KEY_REUSED",
                    "the idempotency key was used for another submission, job " + known.job_id,
                    "Use a new key for a new submission.");
}

// Between the planning of a job and now, retention may have removed a model that nothing referred to.
absl::Status check_models(Connection& database, const NewJob& job) {
  std::set<std::string> checked;
  for (const ScheduledRun& run : job.runs) {
    if (!checked.insert(run.run.model_sha256()).second) continue;
    const absl::StatusOr<v1::Model> model = find_model(database, run.run.model_sha256());
    if (!model.ok()) return model.status();
  }
  return absl::OkStatus();
}

absl::Status check_quota(Connection& database, const NewJob& job) {
  if (job.most_unfinished_jobs == 0) return absl::OkStatus();
  const std::string& owner = job.job.spec().owner();
  TINYRIG_ASSIGN_OR_RETURN(const std::uint32_t unfinished, count_unfinished_jobs(database, owner));
  if (unfinished < job.most_unfinished_jobs) return absl::OkStatus();
  return make_error(absl::StatusCode::kResourceExhausted, "QUOTA_JOBS",
                    owner + " has " + std::to_string(unfinished) + " unfinished jobs, of at most " +
                        std::to_string(job.most_unfinished_jobs),
                    "Wait until one has finished, or cancel one: tinyrig jobs cancel.");
}

// The state that a job's unfinished runs give it: the furthest of them.
absl::StatusOr<v1::RunState> unfinished_state(Connection& database, std::int64_t job_number) {
  v1::RunState furthest = v1::RUN_STATE_QUEUED;
  Statement statement =
      database.query("SELECT DISTINCT state FROM runs WHERE job_number = ?1 AND outcome IS NULL", job_number);
  while (statement.next()) furthest = std::max(furthest, run_state_of(statement.bytes(0)));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return furthest;
}

// A row of kJobColumns.
absl::StatusOr<v1::Job> job_of_row(Connection& database, const Statement& row) {
  v1::Job job;
  TINYRIG_RETURN_IF_ERROR(parse_column(row.bytes(1), &job));
  *job.mutable_create_time() = timestamp_of(row.integer(2));
  job.set_cancel_requested(!row.is_null(3));
  if (row.is_null(4)) {
    TINYRIG_ASSIGN_OR_RETURN(const v1::RunState state, unfinished_state(database, row.integer(0)));
    job.set_state(state);
  } else {
    job.set_state(v1::RUN_STATE_FINISHED);
    job.set_outcome(outcome_of(row.bytes(4)));
    *job.mutable_finish_time() = timestamp_of(row.integer(5));
  }
  return job;
}

// What to say of a run that a board has tried before, and of one that none has.
struct EndMessages {
  const char* tried;
  const char* untried;
};

// The job's runs that no board has, and with the last of its runs the job.
absl::Status end_queued_runs(Connection& database, std::int64_t job_number, v1::Outcome outcome, const char* reason,
                             EndMessages messages, std::int64_t time_us) {
  TINYRIG_RETURN_IF_ERROR(
      database.execute("UPDATE runs SET state = 'finished', outcome = ?3, reason = ?4, "
                       "message = CASE WHEN attempts > 0 THEN ?5 ELSE ?6 END, finish_time_us = ?2 "
                       "WHERE job_number = ?1 AND state = 'queued' AND outcome IS NULL",
                       job_number, time_us, column_text(outcome), reason, messages.tried, messages.untried));
  return finish_job_if_done(database, job_number, time_us).status();
}

}  // namespace

absl::StatusOr<std::optional<Submission>> find_submission(Connection& database, const std::string& idempotency_key) {
  Statement statement = database.query(
      "SELECT jobs.job_id, submissions.spec_digest FROM submissions JOIN jobs ON jobs.number = submissions.job_number "
      "WHERE idempotency_key = ?1",
      idempotency_key);
  if (statement.next()) return Submission{statement.bytes(0), statement.bytes(1)};
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return std::nullopt;
}

absl::StatusOr<AcceptedJob> accept_job(Connection& database, const NewJob& new_job) {
  if (!new_job.idempotency_key.empty()) {
    TINYRIG_ASSIGN_OR_RETURN(const auto known, find_submission(database, new_job.idempotency_key));
    if (known.has_value()) return known_submission(*known, new_job);
  }
  TINYRIG_RETURN_IF_ERROR(check_models(database, new_job));
  TINYRIG_RETURN_IF_ERROR(check_quota(database, new_job));
  v1::Job accepted;
  accepted.set_job_id(new_job.job.job_id());
  *accepted.mutable_spec() = new_job.job.spec();
  *accepted.mutable_skipped_cells() = new_job.job.skipped_cells();
  const std::string serialized = accepted.SerializeAsString();
  const std::int64_t create_time_us = micros_of(new_job.job.create_time());
  TINYRIG_RETURN_IF_ERROR(
      database.execute("INSERT INTO jobs (job_id, accepted, create_time_us, owner) VALUES (?1, ?2, ?3, ?4)",
                       accepted.job_id(), Blob{serialized}, create_time_us, accepted.spec().owner()));
  const std::int64_t job_number = database.last_insert_rowid();
  if (!new_job.idempotency_key.empty()) {
    TINYRIG_RETURN_IF_ERROR(
        database.execute("INSERT INTO submissions (idempotency_key, job_number, spec_digest) VALUES (?1, ?2, ?3)",
                         new_job.idempotency_key, job_number, new_job.spec_digest));
  }
  for (const ScheduledRun& run : new_job.runs) {
    TINYRIG_RETURN_IF_ERROR(insert_run(database, job_number, run, create_time_us));
  }
  TINYRIG_ASSIGN_OR_RETURN([[maybe_unused]] const bool done, finish_job_if_done(database, job_number, create_time_us));
  return AcceptedJob{accepted.job_id(), false};
}

absl::StatusOr<std::int64_t> find_job_number(Connection& database, const std::string& job_id) {
  Statement statement = database.query("SELECT number FROM jobs WHERE job_id = ?1", job_id);
  if (statement.next()) return statement.integer(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return make_error(absl::StatusCode::kNotFound, "JOB_UNKNOWN", "no job \"" + job_id.substr(0, 100) + "\"",
                    "List the jobs with `tinyrig jobs`.");
}

absl::StatusOr<v1::Job> read_job(Connection& database, std::int64_t job_number) {
  static const std::string kSql = std::string("SELECT ") + kJobColumns + " FROM jobs WHERE number = ?1";
  Statement statement = database.query(kSql, job_number);
  if (statement.next()) return job_of_row(database, statement);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT",
                    "job number " + std::to_string(job_number) + " is missing");
}

absl::StatusOr<v1::Job> read_job_with_runs(Connection& database, const std::string& job_id) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t job_number, find_job_number(database, job_id));
  TINYRIG_ASSIGN_OR_RETURN(v1::Job job, read_job(database, job_number));
  TINYRIG_RETURN_IF_ERROR(add_run_summaries(database, job_number, &job));
  return job;
}

absl::StatusOr<JobPage> list_jobs(Connection& database, std::uint32_t page_size, const std::string& page_token) {
  static const std::string kSql =
      std::string("SELECT ") + kJobColumns + " FROM jobs WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2";
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t before, parse_page_token(page_token));
  const std::size_t size = page_size_of(page_size);
  JobPage page;
  std::int64_t last_number = 0;
  Statement statement = database.query(kSql, before, size + 1);
  while (statement.next()) {
    if (page.jobs.size() == size) {
      page.next_page_token = std::to_string(last_number);
      break;
    }
    last_number = statement.integer(0);
    TINYRIG_ASSIGN_OR_RETURN(v1::Job job, job_of_row(database, statement));
    page.jobs.push_back(std::move(job));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return page;
}

absl::StatusOr<std::vector<v1::Job>> unfinished_jobs(Connection& database) {
  static const std::string kSql =
      std::string("SELECT ") + kJobColumns + " FROM jobs WHERE outcome IS NULL ORDER BY number";
  std::vector<v1::Job> jobs;
  Statement statement = database.query(kSql);
  while (statement.next()) {
    TINYRIG_ASSIGN_OR_RETURN(v1::Job job, job_of_row(database, statement));
    jobs.push_back(std::move(job));
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return jobs;
}

absl::StatusOr<v1::Job> request_cancel(Connection& database, const std::string& job_id, absl::Time when) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t job_number, find_job_number(database, job_id));
  const std::int64_t time_us = absl::ToUnixMicros(when);
  TINYRIG_RETURN_IF_ERROR(
      database.execute("UPDATE jobs SET cancel_time_us = ?2 "
                       "WHERE number = ?1 AND outcome IS NULL AND cancel_time_us IS NULL",
                       job_number, time_us));
  TINYRIG_RETURN_IF_ERROR(end_queued_runs(database, job_number, v1::OUTCOME_CANCELLED, "CANCELLED",
                                          {"cancelled before it was tried again", "cancelled before it started"},
                                          time_us));
  return read_job_with_runs(database, job_id);
}

absl::StatusOr<v1::Job> expire_job(Connection& database, const std::string& job_id, absl::Time when) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t job_number, find_job_number(database, job_id));
  TINYRIG_RETURN_IF_ERROR(end_queued_runs(database, job_number, v1::OUTCOME_TIMED_OUT, "DEADLINE_PASSED",
                                          {"its attempts failed (its log says why), and the time that the job gave to "
                                           "begin another is over",
                                           "no board was free to begin it in the time that the job gave"},
                                          absl::ToUnixMicros(when)));
  return read_job_with_runs(database, job_id);
}

absl::StatusOr<bool> finish_job_if_done(Connection& database, std::int64_t job_number, std::int64_t time_us) {
  {
    Statement unfinished =
        database.query("SELECT 1 FROM runs WHERE job_number = ?1 AND outcome IS NULL LIMIT 1", job_number);
    if (unfinished.next()) return false;
    TINYRIG_RETURN_IF_ERROR(unfinished.status());
  }
  v1::Outcome worst = v1::OUTCOME_SUCCEEDED;  // also of a job whose every cell was skipped
  {
    Statement outcomes = database.query("SELECT DISTINCT outcome FROM runs WHERE job_number = ?1", job_number);
    while (outcomes.next()) worst = worse_of(worst, outcome_of(outcomes.bytes(0)));
    TINYRIG_RETURN_IF_ERROR(outcomes.status());
  }
  TINYRIG_RETURN_IF_ERROR(
      database.execute("UPDATE jobs SET outcome = ?2, finish_time_us = ?3 WHERE number = ?1 AND outcome IS NULL",
                       job_number, column_text(worst), time_us));
  return database.changes() == 1;
}

}  // namespace tinyrig::store
