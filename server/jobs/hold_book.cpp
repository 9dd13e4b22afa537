#include "server/jobs/hold_book.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::jobs {
namespace {

// A hold that has not begun yet by more than this was made before the clock was set back.
constexpr absl::Duration kClockTolerance = absl::Minutes(1);

google::protobuf::Timestamp timestamp_of(absl::Time time) {
  google::protobuf::Timestamp stamp;
  const std::int64_t micros = absl::ToUnixMicros(time);
  stamp.set_seconds(micros / 1'000'000);
  stamp.set_nanos(static_cast<std::int32_t>(micros % 1'000'000 * 1000));
  return stamp;
}

absl::Time time_of(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// Nobody who has not been told it can guess it.
std::string new_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&token, absl::Hex(random(), absl::kZeroPad8));
  return token;
}

std::string kind_text(v1::HoldKind kind) {
  switch (kind) {
    case v1::HOLD_KIND_RESERVED:
      return "reserved";
    case v1::HOLD_KIND_MAINTENANCE:
      return "in maintenance";
    case v1::HOLD_KIND_QUARANTINED:
      return "quarantined";
    default:
      return "held";
  }
}

absl::Status check_duration(absl::Duration duration) {
  if (duration >= kShortestHold && duration <= kLongestHold) return absl::OkStatus();
  return make_error(absl::StatusCode::kInvalidArgument, "HOLD_DURATION_INVALID",
                    absl::StrCat("a board cannot be held for ", absl::FormatDuration(duration)),
                    "Name a time from 1 second to 30 days.");
}

absl::Status not_held(const std::string& board_id) {
  return make_error(absl::StatusCode::kFailedPrecondition, "BOARD_NOT_HELD",
                    absl::StrCat("board '", board_id, "' is neither reserved nor in maintenance nor quarantined"),
                    "A reservation may have expired: `tinyrig board log` tells.");
}

}  // namespace

std::string hold_text(const v1::Hold& hold) {
  std::string text = absl::StrCat(kind_text(hold.kind()), " by ", hold.owner());
  if (hold.has_expire_time()) {
    absl::StrAppend(&text, " until ",
                    absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time_of(hold.expire_time()), absl::UTCTimeZone()));
  }
  if (!hold.reason().empty()) absl::StrAppend(&text, ": ", hold.reason());
  return text;
}

HoldBook::HoldBook(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

absl::Status HoldBook::load() {
  TINYRIG_ASSIGN_OR_RETURN(std::vector<store::BoardHold> holds, store_.holds());
  const std::lock_guard lock(mutex_);
  for (store::BoardHold& hold : holds) holds_[hold.board_id] = std::move(hold);
  return absl::OkStatus();
}

void HoldBook::on_change(std::function<void(const std::string&)> hook) {
  const std::lock_guard lock(hook_mutex_);
  hook_ = std::move(hook);
}

void HoldBook::call_hook(const std::string& board_id) {
  const std::lock_guard lock(hook_mutex_);
  if (hook_) hook_(board_id);
}

void HoldBook::log(const std::string& board_id, const std::string& text) {
  v1::BoardLogLine line;
  *line.mutable_time() = timestamp_of(clock_.now());
  line.set_level("info");
  line.set_text(text);
  store_.append_board_log(board_id, std::move(line), nullptr);
}

const store::BoardHold* HoldBook::current(const std::string& board_id) {
  const auto found = holds_.find(board_id);
  if (found == holds_.end()) return nullptr;
  v1::Hold& hold = found->second.hold;
  if (!hold.has_expire_time()) return &found->second;
  const absl::Time now = clock_.now(), begin = time_of(hold.begin_time()), end = time_of(hold.expire_time());
  if (now < begin - kClockTolerance) {
    // The clock was set back: the hold lasts as long as it was meant to, not until that day comes again.
    *hold.mutable_begin_time() = timestamp_of(now);
    *hold.mutable_expire_time() = timestamp_of(now + (end - begin));
    log(board_id, absl::StrCat("the clock went back: ", hold_text(hold)));
    store_.save_hold(found->second, nullptr);  // if the disk refuses: found out again after a restart
    return &found->second;
  }
  if (now < end) return &found->second;
  log(board_id, absl::StrCat("no longer ", hold_text(hold)));
  store_.remove_hold(board_id, nullptr);  // if the disk refuses: it is over after a restart, too
  holds_.erase(found);
  return nullptr;
}

std::optional<v1::Hold> HoldBook::hold_of(const std::string& board_id) {
  const std::lock_guard lock(mutex_);
  const store::BoardHold* hold = current(board_id);
  return hold == nullptr ? std::nullopt : std::optional(hold->hold);
}

void HoldBook::hold(HoldRequest request, store::DoneWith<store::BoardHold> done) {
  if (request.duration.has_value()) {
    if (absl::Status valid = check_duration(*request.duration); !valid.ok()) return done(std::move(valid));
  }
  store::BoardHold hold;
  hold.board_id = request.board_id;
  hold.token = new_token();
  hold.hold.set_kind(request.kind);
  hold.hold.set_owner(std::move(request.owner));
  hold.hold.set_reason(std::move(request.reason));
  const absl::Time now = clock_.now();
  *hold.hold.mutable_begin_time() = timestamp_of(now);
  if (request.duration.has_value()) *hold.hold.mutable_expire_time() = timestamp_of(now + *request.duration);
  {
    std::unique_lock lock(mutex_);
    if (const store::BoardHold* other = current(request.board_id); other != nullptr) {
      const std::string text = hold_text(other->hold);
      lock.unlock();
      return done(make_error(absl::StatusCode::kFailedPrecondition, "BOARD_HELD",
                             absl::StrCat("board '", request.board_id, "' is ", text),
                             "Wait, choose another board, or release it with `tinyrig board release --force`."));
    }
    log(hold.board_id, hold_text(hold.hold));
    replace(std::move(hold), std::nullopt, std::move(done));
  }
  call_hook(request.board_id);
}

absl::Status HoldBook::check_is_reservation_of(const store::BoardHold* hold, const std::string& board_id,
                                               const std::string& token) const {
  if (hold == nullptr) return not_held(board_id);
  if (hold->hold.kind() == v1::HOLD_KIND_RESERVED && hold->token == token) return absl::OkStatus();
  return make_error(absl::StatusCode::kFailedPrecondition, "RESERVATION_NOT_YOURS",
                    absl::StrCat("board '", board_id, "' is ", hold_text(hold->hold), ", with another token"),
                    "Give the token that reserving it printed; its owner or the lab's may release it with --force.");
}

absl::Status HoldBook::check_use(const std::string& board_id, const std::string& token) {
  const std::lock_guard lock(mutex_);
  const store::BoardHold* present = current(board_id);
  if (present != nullptr && present->hold.kind() != v1::HOLD_KIND_RESERVED) return absl::OkStatus();
  return check_is_reservation_of(present, board_id, token);
}

void HoldBook::renew(const std::string& board_id, const std::string& token, absl::Duration duration,
                     store::DoneWith<store::BoardHold> done) {
  if (absl::Status valid = check_duration(duration); !valid.ok()) return done(std::move(valid));
  {
    std::unique_lock lock(mutex_);
    const store::BoardHold* present = current(board_id);
    if (absl::Status yours = check_is_reservation_of(present, board_id, token); !yours.ok()) {
      lock.unlock();
      return done(std::move(yours));
    }
    store::BoardHold renewed = *present;
    *renewed.hold.mutable_expire_time() = timestamp_of(clock_.now() + duration);
    log(board_id, hold_text(renewed.hold));
    replace(std::move(renewed), *present, std::move(done));
  }
  call_hook(board_id);
}

void HoldBook::replace(store::BoardHold hold, std::optional<store::BoardHold> before,
                       store::DoneWith<store::BoardHold> done) {
  holds_[hold.board_id] = hold;
  store_.save_hold(hold, [self = shared_from_this(), hold, before = std::move(before),
                          done = std::move(done)](absl::Status saved) mutable {
    if (saved.ok()) return done(std::move(hold));
    self->take_back(hold, std::move(before));
    done(std::move(saved));
  });
}

void HoldBook::take_back(const store::BoardHold& refused, std::optional<store::BoardHold> before) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = holds_.find(refused.board_id);
    const bool is_still_there = found != holds_.end() && found->second.token == refused.token &&
                                found->second.hold.SerializeAsString() == refused.hold.SerializeAsString();
    if (!is_still_there) return;
    if (before.has_value()) {
      found->second = *std::move(before);
    } else {
      holds_.erase(found);
    }
  }
  call_hook(refused.board_id);
}

void HoldBook::release(const std::string& board_id, const std::string& token, bool force, const std::string& owner,
                       store::Done done) {
  {
    std::unique_lock lock(mutex_);
    const store::BoardHold* present = current(board_id);
    absl::Status allowed = present == nullptr ? not_held(board_id) : absl::OkStatus();
    if (present != nullptr && present->hold.kind() == v1::HOLD_KIND_RESERVED && !force) {
      allowed = check_is_reservation_of(present, board_id, token);
    }
    if (!allowed.ok()) {
      lock.unlock();
      return done(std::move(allowed));
    }
    log(board_id, absl::StrCat("released by ", owner, "; was ", hold_text(present->hold)));
    store::BoardHold released = *present;
    holds_.erase(board_id);
    store_.remove_hold(board_id, [self = shared_from_this(), released = std::move(released),
                                  done = std::move(done)](absl::Status gone) mutable {
      if (!gone.ok()) {
        {
          const std::lock_guard again(self->mutex_);
          self->holds_.try_emplace(released.board_id, released);
        }
        self->call_hook(released.board_id);
      }
      done(std::move(gone));
    });
  }
  call_hook(board_id);
}

}  // namespace tinyrig::jobs
