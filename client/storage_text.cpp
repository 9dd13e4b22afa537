#include "client/storage_text.h"

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kDay = 24 * kHour;

bool is_kept_for_ever(v1::StorageKind kind) {
  return kind == v1::STORAGE_KIND_RESULTS || kind == v1::STORAGE_KIND_USED_MODELS;
}

std::string age(std::uint64_t seconds) {
  if (seconds % kDay == 0) return grouped(seconds / kDay) + (seconds == kDay ? " day" : " days");
  return grouped(seconds / kHour) + (seconds / kHour == 1 ? " hour" : " hours");
}

std::string removed(const v1::StoredKind& kind) {
  if (kind.removed_count() == 0) return "-";
  return grouped(kind.removed_count()) + " (" + bytes(kind.removed_bytes()) + "), last " +
         time(kind.last_removal_time()).substr(0, 10);
}

std::string check_text(const v1::DatabaseCheck& check) {
  switch (check.state()) {
    case v1::CHECK_STATE_SOUND:
      return "sound at " + time(check.time());
    case v1::CHECK_STATE_DAMAGED:
      return "DAMAGED, seen at " + time(check.time()) + ": " + check.found();
    case v1::CHECK_STATE_RUNNING:
      return "being read since " + time(check.time());
    default:
      return check.found().empty() ? "not yet" : "not done: " + check.found();
  }
}

}  // namespace

std::string storage_kind(v1::StorageKind kind) {
  switch (kind) {
    case v1::STORAGE_KIND_RECORDINGS:
      return "recordings";
    case v1::STORAGE_KIND_SAMPLES:
      return "samples";
    case v1::STORAGE_KIND_JOB_LOGS:
      return "job logs";
    case v1::STORAGE_KIND_BOARD_LOGS:
      return "board logs";
    case v1::STORAGE_KIND_UNUSED_MODELS:
      return "unused models";
    case v1::STORAGE_KIND_USED_MODELS:
      return "models in use";
    case v1::STORAGE_KIND_RESULTS:
      return "results";
    case v1::STORAGE_KIND_UPLOADS:
      return "uploads";
    default:
      return "others";  // of a newer server
  }
}

std::string storage_limit(const v1::StoredKind& kind) {
  if (kind.kind() == v1::STORAGE_KIND_BOARD_LOGS) return "10,000 lines a board";
  if (kind.kind() == v1::STORAGE_KIND_UPLOADS) return "until complete";
  std::string limit;
  if (kind.quota_bytes() > 0) limit = "quota " + bytes(kind.quota_bytes());
  if (kind.keep_s() > 0) limit += (limit.empty() ? "" : ", ") + age(kind.keep_s());
  if (!limit.empty()) return limit;
  return is_kept_for_ever(kind.kind()) ? "kept for ever" : "none";
}

std::string next_removal(const v1::StoredKind& kind) {
  if (!kind.has_next()) return "-";
  const v1::NextRemoval& next = kind.next();
  std::string text = next.subject() + " (" + bytes(next.size_bytes()) + ")";
  const bool by_age = next.has_age_time();
  if (by_age) text += " at " + time(next.age_time());
  if (next.has_quota_headroom_bytes()) {
    text += by_age ? ", or " : " ";
    text += "after " + bytes(next.quota_headroom_bytes()) + " more";
    if (next.has_quota_time()) text += ", about " + time(next.quota_time());
  }
  return text;
}

std::string storage_text(const v1::GetStorageResponse& storage) {
  Table table({{"KIND"},
               {"COUNT", Table::Align::kRight},
               {"SIZE", Table::Align::kRight},
               {"OLDEST"},
               {"LIMIT"},
               {"GOES NEXT"},
               {"REMOVED SO FAR"}});
  for (const v1::StoredKind& kind : storage.kinds()) {
    table.add({storage_kind(kind.kind()), grouped(kind.count()),
               (kind.size_estimated() ? "~" : "") + bytes(kind.size_bytes()), time(kind.oldest_time()),
               storage_limit(kind), next_removal(kind), removed(kind)});
  }
  std::string text = table.text();
  text += "\ndatabase  " + bytes(storage.database_bytes()) + ", of it " + bytes(storage.reusable_bytes()) +
          " free for what comes next; log " + bytes(storage.log_bytes()) + "\n";
  if (!storage.returns_space()) {
    text += "          an older version made it: free space is used again, but not given back to the disk\n";
  }
  text += "disk      " + bytes(storage.disk_free_bytes()) + " free of " + bytes(storage.disk_total_bytes());
  if (storage.keep_free_bytes() > 0) text += ", " + bytes(storage.keep_free_bytes()) + " are kept free";
  text += "\nchecked   " + check_text(storage.check()) + "\n";
  if (!storage.intake_stopped_reason().empty()) {
    text += "STOPPED   " + storage.intake_stopped_reason() + ": " + storage.intake_stopped_message() +
            ". No submissions and uploads are taken, boards get no work; runs under way still end and are kept\n";
  }
  if (storage.results_waiting() > 0) {
    text +=
        "DISK FULL " + grouped(storage.results_waiting()) +
        " results wait in memory; boards get no work until they are saved. Free some disk space: nothing else is to "
        "be done\n";
  }
  return text;
}

}  // namespace tinyrig::client
