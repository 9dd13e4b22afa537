#include "server/store/storage_report.h"

#include <algorithm>
#include <optional>
#include <string>

#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/retention_steps.h"

namespace tinyrig::store {
namespace {

// Up to so many rows are looked at one by one; of more, so many speak for all.
constexpr std::int64_t kExactRows = 20'000;
constexpr std::int64_t kProbes = 1'000;
// Things that may not go yet, before one that goes next.
constexpr int kMostSkipped = 100;

std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)); }

template <typename... Args>
absl::StatusOr<std::int64_t> integer_by(Connection& database, std::string_view sql, const Args&... args) {
  Statement statement = database.query(sql, args...);
  if (statement.next()) return statement.integer(0);
  TINYRIG_RETURN_IF_ERROR(statement.status());
  return 0;
}

void set_keep(absl::Duration keep, v1::StoredKind* kind) {
  if (keep < absl::InfiniteDuration()) kind->set_keep_s(unsigned_of(absl::ToInt64Seconds(keep)));
}

absl::Status add_removals(Connection& database, const char* name, v1::StoredKind* kind) {
  Statement totals = database.query(
      "SELECT removed_count, removed_bytes, last_time_us FROM removal_totals WHERE kind = ?1", std::string_view(name));
  if (!totals.next()) return totals.status();
  kind->set_removed_count(unsigned_of(totals.integer(0)));
  kind->set_removed_bytes(unsigned_of(totals.integer(1)));
  *kind->mutable_last_removal_time() = timestamp_of(totals.integer(2));
  return absl::OkStatus();
}

// Count and bytes of a table's rows, of which each has the size that `size` says. Rows go from the front, so that
// their numbers have few gaps.
absl::Status measure_rows(Connection& database, const std::string& table, const std::string& size,
                          v1::StoredKind* kind) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t last,
                           integer_by(database, "SELECT coalesce(max(rowid), 0) FROM " + table));
  if (last == 0) return absl::OkStatus();
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t first, integer_by(database, "SELECT min(rowid) FROM " + table));
  const std::int64_t span = last - first + 1;
  if (span <= kExactRows) {
    Statement all = database.query("SELECT count(*), coalesce(sum(" + size + "), 0) FROM " + table);
    if (!all.next()) return all.status();
    kind->set_count(unsigned_of(all.integer(0)));
    kind->set_size_bytes(unsigned_of(all.integer(1)));
    return absl::OkStatus();
  }
  double bytes = 0;
  const std::string probe = "SELECT " + size + " FROM " + table + " WHERE rowid >= ?1 ORDER BY rowid LIMIT 1";
  for (std::int64_t i = 0; i < kProbes; ++i) {
    TINYRIG_ASSIGN_OR_RETURN(const std::int64_t one, integer_by(database, probe, first + i * (span / kProbes)));
    bytes += static_cast<double>(one);
  }
  kind->set_count(unsigned_of(span));
  kind->set_size_bytes(static_cast<std::uint64_t>(bytes / static_cast<double>(kProbes) * static_cast<double>(span)));
  kind->set_size_estimated(true);
  return absl::OkStatus();
}

absl::Status add_recordings(Connection& database, const Retention& retention, absl::Time now,
                            v1::GetStorageResponse* report) {
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_RECORDINGS);
  kind->set_quota_bytes(retention.recordings_quota_bytes);
  set_keep(retention.keep_recordings, kind);
  TINYRIG_RETURN_IF_ERROR(add_removals(database, kRecordings, kind));
  {
    Statement kept =
        database.query("SELECT count(*), coalesce(sum(stored_bytes), 0) FROM recordings WHERE remove_time_us IS NULL");
    if (!kept.next()) return kept.status();
    kind->set_count(unsigned_of(kept.integer(0)));
    kind->set_size_bytes(unsigned_of(kept.integer(1)));
  }
  Statement first = database.query(
      "SELECT recordings.run_number, store_time_us, stored_bytes, runs.run_id FROM recordings "
      "JOIN runs ON runs.number = recordings.run_number WHERE remove_time_us IS NULL "
      "ORDER BY store_time_us, recordings.run_number LIMIT 1");
  if (!first.next()) return first.status();
  const KeptItem oldest{first.integer(0), first.integer(1), unsigned_of(first.integer(2))};
  *kind->mutable_oldest_time() = timestamp_of(oldest.time_us);
  TINYRIG_ASSIGN_OR_RETURN(
      const std::int64_t last_day,
      integer_by(database, "SELECT coalesce(sum(stored_bytes), 0) FROM recordings WHERE store_time_us > ?1",
                 absl::ToUnixMicros(now - absl::Hours(24))));
  const std::optional<NextRemoval> next =
      next_removal(oldest, kind->size_bytes(), unsigned_of(last_day),
                   {retention.recordings_quota_bytes, retention.keep_recordings}, now);
  if (!next.has_value()) return absl::OkStatus();
  kind->mutable_next()->set_subject(first.bytes(3));
  kind->mutable_next()->set_size_bytes(oldest.bytes);
  if (next->age_time.has_value()) *kind->mutable_next()->mutable_age_time() = timestamp_of(*next->age_time);
  if (next->headroom_bytes.has_value()) kind->mutable_next()->set_quota_headroom_bytes(*next->headroom_bytes);
  if (next->quota_time.has_value()) *kind->mutable_next()->mutable_quota_time() = timestamp_of(*next->quota_time);
  return absl::OkStatus();
}

// The first that may go, and when it is old enough. `size_sql`: its bytes, by its number.
template <typename Oldest>
absl::Status add_next_by_age(Connection& database, absl::Duration keep, Oldest oldest, const std::string& size_sql,
                             v1::StoredKind* kind) {
  std::int64_t after = 0;
  for (int i = 0; i < kMostSkipped; ++i) {
    TINYRIG_ASSIGN_OR_RETURN(const std::optional<OldThing> thing, oldest(database, after));
    if (!thing.has_value()) return absl::OkStatus();
    if (i == 0) *kind->mutable_oldest_time() = timestamp_of(thing->create_time_us);
    if (keep == absl::InfiniteDuration()) return absl::OkStatus();
    after = thing->number;
    if (!thing->age_from_us.has_value()) continue;
    TINYRIG_ASSIGN_OR_RETURN(const std::int64_t bytes, integer_by(database, size_sql, thing->number));
    kind->mutable_next()->set_subject(thing->subject);
    kind->mutable_next()->set_size_bytes(unsigned_of(bytes));
    *kind->mutable_next()->mutable_age_time() = timestamp_of(absl::FromUnixMicros(*thing->age_from_us) + keep);
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status add_samples(Connection& database, const Retention& retention, v1::GetStorageResponse* report) {
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_SAMPLES);
  set_keep(retention.keep_samples, kind);
  TINYRIG_RETURN_IF_ERROR(add_removals(database, kSamples, kind));
  TINYRIG_RETURN_IF_ERROR(measure_rows(database, "samples", "length(data)", kind));
  return add_next_by_age(database, retention.keep_samples, oldest_sampled_run,
                         "SELECT sum(length(data)) FROM samples WHERE run_number = ?1", kind);
}

absl::Status add_job_logs(Connection& database, const Retention& retention, v1::GetStorageResponse* report) {
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_JOB_LOGS);
  set_keep(retention.keep_logs, kind);
  TINYRIG_RETURN_IF_ERROR(add_removals(database, kJobLogs, kind));
  TINYRIG_RETURN_IF_ERROR(measure_rows(database, "job_log", "length(text)", kind));
  return add_next_by_age(database, retention.keep_logs, oldest_logged_job,
                         "SELECT sum(length(text)) FROM job_log WHERE job_number = ?1", kind);
}

absl::Status add_board_logs(Connection& database, v1::GetStorageResponse* report) {
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_BOARD_LOGS);
  TINYRIG_RETURN_IF_ERROR(measure_rows(database, "board_log", "length(text)", kind));
  Statement oldest = database.query("SELECT time_us FROM board_log ORDER BY number LIMIT 1");
  if (oldest.next()) *kind->mutable_oldest_time() = timestamp_of(oldest.integer(0));
  return oldest.status();
}

absl::Status add_models(Connection& database, const Retention& retention, v1::GetStorageResponse* report) {
  v1::StoredKind unused;
  v1::StoredKind used;
  unused.set_kind(v1::STORAGE_KIND_UNUSED_MODELS);
  used.set_kind(v1::STORAGE_KIND_USED_MODELS);
  set_keep(retention.keep_unused_models, &unused);
  TINYRIG_RETURN_IF_ERROR(add_removals(database, kUnusedModels, &unused));
  std::optional<std::int64_t> oldest_unused_us;
  std::optional<std::int64_t> oldest_used_us;
  Statement models = database.query(
      "SELECT size_bytes, create_time_us, upload_time_us, name, "
      "EXISTS (SELECT 1 FROM runs WHERE runs.model_sha256 = models.sha256) FROM models ORDER BY upload_time_us");
  while (models.next()) {
    const bool is_used = models.integer(4) != 0;
    v1::StoredKind& kind = is_used ? used : unused;
    std::optional<std::int64_t>& oldest_us = is_used ? oldest_used_us : oldest_unused_us;
    kind.set_count(kind.count() + 1);
    kind.set_size_bytes(kind.size_bytes() + unsigned_of(models.integer(0)));
    oldest_us = std::min(oldest_us.value_or(models.integer(1)), models.integer(1));
    if (is_used || unused.has_next() || retention.keep_unused_models == absl::InfiniteDuration()) continue;
    unused.mutable_next()->set_subject(models.bytes(3));
    unused.mutable_next()->set_size_bytes(unsigned_of(models.integer(0)));
    *unused.mutable_next()->mutable_age_time() =
        timestamp_of(absl::FromUnixMicros(models.integer(2)) + retention.keep_unused_models);
  }
  TINYRIG_RETURN_IF_ERROR(models.status());
  if (oldest_unused_us.has_value()) *unused.mutable_oldest_time() = timestamp_of(*oldest_unused_us);
  if (oldest_used_us.has_value()) *used.mutable_oldest_time() = timestamp_of(*oldest_used_us);
  *report->add_kinds() = std::move(unused);
  *report->add_kinds() = std::move(used);
  return absl::OkStatus();
}

absl::Status add_file(Connection& database, const std::filesystem::path& file, v1::GetStorageResponse* report) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t page_bytes, integer_by(database, "PRAGMA page_size"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t pages, integer_by(database, "PRAGMA page_count"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t free_pages, integer_by(database, "PRAGMA freelist_count"));
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t mode, integer_by(database, "PRAGMA auto_vacuum"));
  report->set_database_bytes(unsigned_of(pages * page_bytes));
  report->set_reusable_bytes(unsigned_of(free_pages * page_bytes));
  report->set_returns_space(mode == 2);
  std::error_code error;
  const std::uintmax_t log_bytes = std::filesystem::file_size(file.string() + "-wal", error);
  if (!error) report->set_log_bytes(log_bytes);
  const std::filesystem::space_info space = std::filesystem::space(file, error);
  if (error) return absl::OkStatus();
  report->set_disk_free_bytes(space.available);
  report->set_disk_total_bytes(space.capacity);
  return absl::OkStatus();
}

// Everything in the database that is nothing else.
absl::Status add_results(Connection& database, v1::GetStorageResponse* report) {
  std::uint64_t others = report->reusable_bytes();
  for (const v1::StoredKind& kind : report->kinds()) others += kind.size_bytes();
  v1::StoredKind* kind = report->add_kinds();
  kind->set_kind(v1::STORAGE_KIND_RESULTS);
  // Runs are never removed: the last number is their count.
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t runs, integer_by(database, "SELECT coalesce(max(number), 0) FROM runs"));
  kind->set_count(unsigned_of(runs));
  kind->set_size_bytes(report->database_bytes() > others ? report->database_bytes() - others : 0);
  Statement oldest = database.query("SELECT create_time_us FROM runs ORDER BY number LIMIT 1");
  if (oldest.next()) *kind->mutable_oldest_time() = timestamp_of(oldest.integer(0));
  return oldest.status();
}

}  // namespace

absl::StatusOr<v1::GetStorageResponse> report_storage(Connection& database, const std::filesystem::path& file,
                                                      const Retention& retention, absl::Time now) {
  v1::GetStorageResponse report;
  *report.mutable_time() = timestamp_of(now);
  TINYRIG_RETURN_IF_ERROR(add_file(database, file, &report));
  TINYRIG_RETURN_IF_ERROR(add_recordings(database, retention, now, &report));
  TINYRIG_RETURN_IF_ERROR(add_samples(database, retention, &report));
  TINYRIG_RETURN_IF_ERROR(add_job_logs(database, retention, &report));
  TINYRIG_RETURN_IF_ERROR(add_board_logs(database, &report));
  TINYRIG_RETURN_IF_ERROR(add_models(database, retention, &report));
  TINYRIG_RETURN_IF_ERROR(add_results(database, &report));
  return report;
}

}  // namespace tinyrig::store
