#include "server/store/retention_steps.h"

#include <algorithm>
#include <span>
#include <vector>

#include "server/base/status_macros.h"
#include "server/store/capture_table.h"

namespace tinyrig::store {
namespace {

// What one step may take at most, so that no result waits long behind it.
constexpr std::uint64_t kStepRecordingBytes = 64u << 20;
constexpr std::size_t kStepRecordings = 100;
constexpr int kStepRuns = 200;
constexpr std::int64_t kStepLogLines = 2'000;
constexpr int kStepJobs = 50;
constexpr std::int64_t kStepPages = 1'024;
// Of recordings looked at together.
constexpr std::int64_t kWindow = 100;

absl::StatusOr<std::int64_t> one_integer(Connection& database, const char* sql) {
  Statement statement = database.query(sql);
  if (statement.next()) return statement.integer(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return 0;
}

absl::Status count_removal(Connection& database, const char* kind, std::uint64_t count, std::uint64_t bytes,
                           absl::Time now) {
  if (count == 0) return absl::OkStatus();
  return database.execute(
      "INSERT INTO removal_totals (kind, removed_count, removed_bytes, last_time_us) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (kind) DO UPDATE SET removed_count = removed_count + ?2, removed_bytes = removed_bytes + ?3, "
      "last_time_us = ?4",
      std::string_view(kind), count, bytes, absl::ToUnixMicros(now));
}

absl::Status remember_removal(Connection& database, const char* kind, const std::string& subject, absl::Time now) {
  return database.execute(
      "INSERT INTO removals (kind, subject, remove_time_us) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (kind, subject) DO UPDATE SET remove_time_us = ?3",
      std::string_view(kind), subject, absl::ToUnixMicros(now));
}

absl::StatusOr<std::vector<KeptItem>> oldest_recordings(Connection& database, std::int64_t count) {
  std::vector<KeptItem> items;
  Statement statement = database.query(
      "SELECT run_number, store_time_us, stored_bytes FROM recordings WHERE remove_time_us IS NULL "
      "ORDER BY store_time_us, run_number LIMIT ?1",
      count);
  while (statement.next()) {
    items.push_back({statement.integer(0), statement.integer(1),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, statement.integer(2)))});
  }
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return items;
}

absl::StatusOr<std::uint64_t> kept_recording_bytes(Connection& database) {
  TINYRIG_ASSIGN_OR_RETURN(
      const std::int64_t bytes,
      one_integer(database, "SELECT coalesce(sum(stored_bytes), 0) FROM recordings WHERE remove_time_us IS NULL"));
  return static_cast<std::uint64_t>(bytes);
}

absl::Status remove_recordings(Connection& database, std::span<const KeptItem> items, absl::Time now) {
  std::uint64_t bytes = 0;
  for (const KeptItem& item : items) {
    TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM energy_captures WHERE run_number = ?1", item.number));
    TINYRIG_RETURN_IF_ERROR(database.execute("UPDATE recordings SET remove_time_us = ?2 WHERE run_number = ?1",
                                             item.number, absl::ToUnixMicros(now)));
    bytes += item.bytes;
  }
  return count_removal(database, kRecordings, items.size(), bytes, now);
}

Limit recordings_limit(const Retention& retention) {
  return {retention.recordings_quota_bytes, retention.keep_recordings};
}

absl::Status make_room(Connection& database, std::uint64_t incoming_bytes, const Limit& quota, absl::Time now) {
  while (true) {
    TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t kept, kept_recording_bytes(database));
    TINYRIG_ASSIGN_OR_RETURN(const std::vector<KeptItem> items, oldest_recordings(database, kWindow));
    const RemovalPlan plan = plan_removal(items, kept, incoming_bytes, quota, now);
    if (plan.count == 0) return absl::OkStatus();
    TINYRIG_RETURN_IF_ERROR(remove_recordings(database, std::span(items).first(plan.count), now));
    if (plan.count < items.size()) return absl::OkStatus();
  }
}

absl::Status retain_recordings(Connection& database, const Retention& retention, absl::Time now, RetentionStep* step) {
  const Limit limit = recordings_limit(retention);
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<KeptItem> items, oldest_recordings(database, kStepRecordings));
  if (items.empty()) return absl::OkStatus();
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t kept, kept_recording_bytes(database));
  const RemovalPlan plan = plan_removal(items, kept, 0, limit, now);
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  while (count < plan.count && (count == 0 || bytes + items[count].bytes <= kStepRecordingBytes)) {
    bytes += items[count++].bytes;
  }
  TINYRIG_RETURN_IF_ERROR(remove_recordings(database, std::span(items).first(count), now));
  step->removed += count;
  step->removed_bytes += bytes;
  if (count < plan.count || (plan.count > 0 && plan.count == items.size())) step->more = true;
  return absl::OkStatus();
}

// Goes over runs or jobs that still have something, oldest first, as long as what lies ahead may be old enough.
// `remove` gives the bytes that went, or nullopt when the thing has more to remove in the next step.
template <typename Oldest, typename Remove>
absl::Status walk(Connection& database, const Limit& limit, absl::Time now, int most, Oldest oldest, Remove remove,
                  std::int64_t* cursor, RetentionStep* step) {
  if (limit.keep == absl::InfiniteDuration()) return absl::OkStatus();
  for (int looked_at = 0; looked_at < most; ++looked_at) {
    TINYRIG_ASSIGN_OR_RETURN(const std::optional<OldThing> thing, oldest(database, *cursor));
    // Numbers are in the order of creation, and nothing is older than its creation.
    if (!thing.has_value() || !has_expired(thing->create_time_us, limit, now)) {
      *cursor = 0;
      return absl::OkStatus();
    }
    if (thing->age_from_us.has_value() && has_expired(*thing->age_from_us, limit, now)) {
      TINYRIG_ASSIGN_OR_RETURN(const bool all_gone, remove(*thing));
      if (!all_gone) break;
    }
    *cursor = thing->number;
  }
  step->more = true;
  return absl::OkStatus();
}

absl::Status retain_samples(Connection& database, const Retention& retention, absl::Time now, std::int64_t* cursor,
                            RetentionStep* step) {
  const auto remove = [&](const OldThing& run) -> absl::StatusOr<bool> {
    std::uint64_t bytes = 0;
    {
      Statement size = database.query("SELECT sum(length(data)) FROM samples WHERE run_number = ?1", run.number);
      if (size.next()) bytes = static_cast<std::uint64_t>(size.integer(0));
      TINYRIG_RETURN_IF_ERROR(size.status());
    }
    TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM samples WHERE run_number = ?1", run.number));
    TINYRIG_RETURN_IF_ERROR(remember_removal(database, kSamples, run.subject, now));
    TINYRIG_RETURN_IF_ERROR(count_removal(database, kSamples, 1, bytes, now));
    ++step->removed;
    step->removed_bytes += bytes;
    return true;
  };
  return walk(database, {0, retention.keep_samples}, now, kStepRuns, oldest_sampled_run, remove, cursor, step);
}

absl::Status retain_logs(Connection& database, const Retention& retention, absl::Time now, std::int64_t* cursor,
                         RetentionStep* step) {
  std::int64_t lines_left = kStepLogLines;
  const auto remove = [&](const OldThing& job) -> absl::StatusOr<bool> {
    std::uint64_t bytes = 0;
    {
      Statement size = database.query(
          "SELECT sum(length(text)) FROM (SELECT text FROM job_log WHERE job_number = ?1 ORDER BY number LIMIT ?2)",
          job.number, lines_left);
      if (size.next()) bytes = static_cast<std::uint64_t>(size.integer(0));
      TINYRIG_RETURN_IF_ERROR(size.status());
    }
    TINYRIG_RETURN_IF_ERROR(
        database.execute("DELETE FROM job_log WHERE number IN (SELECT number FROM job_log WHERE job_number = ?1 "
                         "ORDER BY number LIMIT ?2)",
                         job.number, lines_left));
    lines_left -= database.changes();
    step->removed_bytes += bytes;
    const bool all_gone = lines_left > 0;
    if (all_gone) ++step->removed;
    TINYRIG_RETURN_IF_ERROR(remember_removal(database, kJobLogs, job.subject, now));
    TINYRIG_RETURN_IF_ERROR(count_removal(database, kJobLogs, all_gone ? 1 : 0, bytes, now));
    return all_gone;
  };
  return walk(database, {0, retention.keep_logs}, now, kStepJobs, oldest_logged_job, remove, cursor, step);
}

absl::Status retain_models(Connection& database, const Retention& retention, absl::Time now, RetentionStep* step) {
  const Limit limit{0, retention.keep_unused_models};
  if (limit.keep == absl::InfiniteDuration()) return absl::OkStatus();
  TINYRIG_ASSIGN_OR_RETURN(const std::optional<OldThing> model, oldest_unused_model(database));
  if (!model.has_value() || !has_expired(*model->age_from_us, limit, now)) return absl::OkStatus();
  std::string sha256;
  std::uint64_t bytes = 0;
  {
    Statement row = database.query("SELECT sha256, size_bytes FROM models WHERE name = ?1", model->subject);
    if (row.next()) {
      sha256 = row.bytes(0);
      bytes = static_cast<std::uint64_t>(row.integer(1));
    }
    TINYRIG_RETURN_IF_ERROR(row.status());
  }
  TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM expected_outputs WHERE sha256 = ?1", sha256));
  TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM model_bytes WHERE sha256 = ?1", sha256));
  TINYRIG_RETURN_IF_ERROR(database.execute("DELETE FROM models WHERE sha256 = ?1", sha256));
  TINYRIG_RETURN_IF_ERROR(remember_removal(database, kUnusedModels, model->subject, now));
  TINYRIG_RETURN_IF_ERROR(count_removal(database, kUnusedModels, 1, bytes, now));
  ++step->removed;
  step->removed_bytes += bytes;
  step->more = true;
  return absl::OkStatus();
}

absl::Status give_space_back(Connection& database, SparePages spare, RetentionStep* step) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t mode, one_integer(database, "PRAGMA auto_vacuum"));
  if (mode != 2) return absl::OkStatus();
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t page_bytes, one_integer(database, "PRAGMA page_size"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t free_pages, one_integer(database, "PRAGMA freelist_count"));
  const std::int64_t excess = free_pages - static_cast<std::int64_t>(spare.bytes) / page_bytes;
  if (excess <= 0) return absl::OkStatus();
  const std::int64_t pages = std::min(excess, kStepPages);
  // PRAGMA takes no parameters; it is a number of ours.
  TINYRIG_RETURN_IF_ERROR(database.run_script("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")"));
  step->returned_bytes += static_cast<std::uint64_t>(pages * page_bytes);
  if (pages < excess) step->more = true;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<OldThing>> old_thing(Statement statement) {
  if (!statement.next()) {
    TINYRIG_RETURN_IF_ERROR(statement.status());
    return std::nullopt;
  }
  OldThing thing{statement.integer(0), statement.bytes(1), statement.integer(2), std::nullopt};
  if (!statement.is_null(3)) thing.age_from_us = statement.integer(3);
  return thing;
}

}  // namespace

absl::StatusOr<Retention> retention_for_disk(Connection& database, const Retention& retention,
                                             std::optional<std::uint64_t> free_bytes, const DiskLimit& limit) {
  if (has_room(free_bytes, limit)) return retention;
  TINYRIG_ASSIGN_OR_RETURN(const std::uint64_t kept, kept_recording_bytes(database));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t page_bytes, one_integer(database, "PRAGMA page_size"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t free_pages, one_integer(database, "PRAGMA freelist_count"));
  Retention possible = retention;
  possible.recordings_quota_bytes = recordings_quota(
      retention.recordings_quota_bytes, kept, static_cast<std::uint64_t>(free_pages * page_bytes), free_bytes, limit);
  return possible;
}

absl::Status keep_recording(Connection& database, std::int64_t run_number, const PackedCapture& capture,
                            const Retention& retention, absl::Time now) {
  // By the quota alone: ages are for the passes.
  const Limit quota{retention.recordings_quota_bytes};
  const std::uint64_t bytes = capture.frame.size();
  const bool fits = fits_quota(bytes, quota);
  std::optional<std::int64_t> removed;
  if (!fits) removed = absl::ToUnixMicros(now);
  if (fits && quota.quota_bytes > 0) TINYRIG_RETURN_IF_ERROR(make_room(database, bytes, quota, now));
  TINYRIG_RETURN_IF_ERROR(database.execute(
      "INSERT INTO recordings (run_number, store_time_us, stored_bytes, remove_time_us) VALUES (?1, ?2, ?3, ?4)",
      run_number, absl::ToUnixMicros(now), bytes, removed));
  if (!fits) return count_removal(database, kRecordings, 1, bytes, now);
  return write_capture(database, run_number, capture);
}

absl::StatusOr<RetentionStep> retain(Connection& database, const Retention& retention, SparePages spare, absl::Time now,
                                     RetentionCursor* cursor) {
  RetentionStep step;
  TINYRIG_RETURN_IF_ERROR(retain_recordings(database, retention, now, &step));
  TINYRIG_RETURN_IF_ERROR(retain_samples(database, retention, now, &cursor->samples_run, &step));
  TINYRIG_RETURN_IF_ERROR(retain_logs(database, retention, now, &cursor->log_job, &step));
  TINYRIG_RETURN_IF_ERROR(retain_models(database, retention, now, &step));
  TINYRIG_RETURN_IF_ERROR(give_space_back(database, spare, &step));
  return step;
}

absl::StatusOr<std::optional<absl::Time>> removal_time(Connection& database, const char* kind,
                                                       const std::string& subject) {
  Statement statement = database.query("SELECT remove_time_us FROM removals WHERE kind = ?1 AND subject = ?2",
                                       std::string_view(kind), subject);
  if (statement.next()) return absl::FromUnixMicros(statement.integer(0));
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return std::nullopt;
}

absl::Status forget_removal(Connection& database, const char* kind, const std::string& subject) {
  return database.execute("DELETE FROM removals WHERE kind = ?1 AND subject = ?2", std::string_view(kind), subject);
}

absl::StatusOr<std::optional<OldThing>> oldest_sampled_run(Connection& database, std::int64_t after) {
  return old_thing(
      database.query("SELECT runs.number, runs.run_id, runs.create_time_us, jobs.finish_time_us FROM runs "
                     "JOIN jobs ON jobs.number = runs.job_number "
                     "WHERE runs.number = (SELECT min(run_number) FROM samples WHERE run_number > ?1)",
                     after));
}

absl::StatusOr<std::optional<OldThing>> oldest_logged_job(Connection& database, std::int64_t after) {
  return old_thing(
      database.query("SELECT number, job_id, create_time_us, finish_time_us FROM jobs "
                     "WHERE number = (SELECT min(job_number) FROM job_log WHERE job_number > ?1)",
                     after));
}

absl::StatusOr<std::optional<OldThing>> oldest_unused_model(Connection& database) {
  return old_thing(
      database.query("SELECT 0, name, create_time_us, upload_time_us FROM models "
                     "WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.model_sha256 = models.sha256) "
                     "ORDER BY upload_time_us LIMIT 1"));
}

std::string date_text(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

}  // namespace tinyrig::store
