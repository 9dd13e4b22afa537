// Retention on the tables: makes room for what comes, removes what is too old in small steps, remembers what it
// removed, and gives free pages of the file back to the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/disk_room.h"
#include "server/store/retention.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

/// Names of kinds in the tables removals and removal_totals.
inline constexpr char kRecordings[] = "recordings";
inline constexpr char kSamples[] = "samples";
inline constexpr char kJobLogs[] = "job_logs";
inline constexpr char kUnusedModels[] = "unused_models";

/// How far a pass over what may be too old has come. Passes end; the next one begins anew.
struct RetentionCursor {
  std::int64_t samples_run = 0;
  std::int64_t log_job = 0;
};

/// Most pages that a file may keep free for what comes next; more go back to the disk.
struct SparePages {
  std::uint64_t bytes = 0;
};

/// All run inside their caller's transaction.

/// The same, with less for recordings while the disk has little room.
absl::StatusOr<Retention> retention_for_disk(Connection& database, const Retention& retention,
                                             std::optional<std::uint64_t> free_bytes, const DiskLimit& limit);

/// Keeps a run's recording within the quota: the oldest others go first. One that is larger than the quota is noted as
/// removed at once; its run keeps its result.
absl::Status keep_recording(Connection& database, std::int64_t run_number, const PackedCapture& capture,
                            const Retention& retention, absl::Time now);

/// One step of a pass, short enough to stand between two results. `*cursor` is moved on.
absl::StatusOr<RetentionStep> retain(Connection& database, const Retention& retention, SparePages spare, absl::Time now,
                                     RetentionCursor* cursor);

/// When retention removed it; nullopt: it did not.
absl::StatusOr<std::optional<absl::Time>> removal_time(Connection& database, const char* kind,
                                                       const std::string& subject);

/// It is there again.
absl::Status forget_removal(Connection& database, const char* kind, const std::string& subject);

/// The oldest of their kind that may go once they are old enough; `after`: beyond that number.
struct OldThing {
  std::int64_t number = 0;
  std::string subject;
  std::int64_t create_time_us = 0;
  /// From when its age counts; nullopt: it may not go yet (its job is unfinished).
  std::optional<std::int64_t> age_from_us;
};
absl::StatusOr<std::optional<OldThing>> oldest_sampled_run(Connection& database, std::int64_t after);
absl::StatusOr<std::optional<OldThing>> oldest_logged_job(Connection& database, std::int64_t after);
/// Of models that no run refers to, the one uploaded longest ago; its number is none.
absl::StatusOr<std::optional<OldThing>> oldest_unused_model(Connection& database);

/// "2026-11-27": for messages.
std::string date_text(absl::Time time);

}  // namespace tinyrig::store
