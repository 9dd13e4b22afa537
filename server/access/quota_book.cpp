#include "server/access/quota_book.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::access {
namespace {

constexpr char kTomorrow[] = "Wait until midnight UTC, or ask an admin for more.";

}  // namespace

absl::Status QuotaBook::check_board_time(const Caller& caller) const {
  if (caller.unnamed() || limits_.board_time_a_day == absl::ZeroDuration()) return absl::OkStatus();
  TINYRIG_ASSIGN_OR_RETURN(const absl::Duration used, store_.board_time(caller.user, store::day_of(clock_.now())));
  if (used < limits_.board_time_a_day) return absl::OkStatus();
  return make_error(absl::StatusCode::kResourceExhausted, "QUOTA_BOARD_TIME",
                    absl::StrCat(caller.user, " has used boards for ", absl::FormatDuration(used), " today, of ",
                                 absl::FormatDuration(limits_.board_time_a_day)),
                    kTomorrow);
}

std::uint32_t QuotaBook::most_unfinished_jobs(const Caller& caller) const {
  return caller.unnamed() ? 0 : limits_.unfinished_jobs;
}

absl::Status QuotaBook::take_upload(const Caller& caller, std::uint64_t bytes) {
  if (caller.unnamed()) return absl::OkStatus();
  const std::int64_t today = store::day_of(clock_.now());
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = uploaded_today(caller.user);
  if (limits_.upload_bytes_a_day != 0 &&
      (before > limits_.upload_bytes_a_day || bytes > limits_.upload_bytes_a_day - before)) {
    return make_error(absl::StatusCode::kResourceExhausted, "QUOTA_UPLOADS",
                      absl::StrCat(caller.user, " has uploaded ", before, " bytes today; ", bytes,
                                   " more would be over ", limits_.upload_bytes_a_day),
                      kTomorrow);
  }
  uploaded_.insert_or_assign(caller.user, Uploaded{today, before + bytes});
  return absl::OkStatus();
}

absl::StatusOr<v1::Quotas> QuotaBook::quotas(const Caller& caller) const {
  v1::Quotas quotas;
  if (caller.unnamed()) return quotas;
  TINYRIG_ASSIGN_OR_RETURN(const std::uint32_t jobs, store_.unfinished_jobs_of(caller.user));
  TINYRIG_ASSIGN_OR_RETURN(const absl::Duration used, store_.board_time(caller.user, store::day_of(clock_.now())));
  quotas.set_unfinished_jobs(jobs);
  quotas.set_unfinished_jobs_limit(limits_.unfinished_jobs);
  quotas.set_board_time_s(static_cast<std::uint64_t>(absl::ToInt64Seconds(used)));
  quotas.set_board_time_s_limit(static_cast<std::uint64_t>(absl::ToInt64Seconds(limits_.board_time_a_day)));
  const std::lock_guard lock(mutex_);
  quotas.set_upload_bytes(uploaded_today(caller.user));
  quotas.set_upload_bytes_limit(limits_.upload_bytes_a_day);
  return quotas;
}

std::uint64_t QuotaBook::uploaded_today(const std::string& user) const {
  const auto found = uploaded_.find(user);
  return found == uploaded_.end() || found->second.day != store::day_of(clock_.now()) ? 0 : found->second.bytes;
}

}  // namespace tinyrig::access
