// Who keeps which board out of the queue: reservations of people, maintenance, quarantine. At most one hold per
// board; each has a token that tells it from every other and, of a reservation, proves whose it is.
//
// A hold counts from the call on and is durable when its completion says so; one that the store refuses is taken
// back. It ends by release() or by the clock, and survives the daemon. A run that the board has goes on.
//
// Thread-safe. Completions and the hook run on the store's writer thread or the caller's: post onward.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/store/store.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::jobs {

inline constexpr absl::Duration kShortestHold = absl::Seconds(1);
inline constexpr absl::Duration kLongestHold = absl::Hours(24 * 30);

struct HoldRequest {
  std::string board_id;
  v1::HoldKind kind = v1::HOLD_KIND_UNSPECIFIED;
  std::string owner;
  std::string reason;
  /// nullopt: until it is released.
  std::optional<absl::Duration> duration;
};

/// Made with std::make_shared: the store's completions that are still to come keep it.
class HoldBook : public std::enable_shared_from_this<HoldBook> {
 public:
  /// Both must outlive every call.
  HoldBook(store::Store& store, const Clock& clock);
  HoldBook(const HoldBook&) = delete;
  HoldBook& operator=(const HoldBook&) = delete;

  /// At start: what the store remembers.
  absl::Status load();

  /// Called with every board whose hold began, changed or was released. Empty: not any more, from the return on.
  void on_change(std::function<void(const std::string& board_id)> hook);

  /// The hold that counts now. One whose time is over ends here.
  std::optional<v1::Hold> hold_of(const std::string& board_id);

  /// May this person use the board with their own hands? A reservation asks for its token; maintenance and quarantine,
  /// which have no owner in that sense, for none. FAILED_PRECONDITION BOARD_NOT_HELD, RESERVATION_NOT_YOURS.
  absl::Status check_use(const std::string& board_id, const std::string& token);

  /// FAILED_PRECONDITION BOARD_HELD: by whom and until when; INVALID_ARGUMENT HOLD_DURATION_INVALID.
  void hold(HoldRequest request, store::DoneWith<store::BoardHold> done);

  /// A reservation's new end. FAILED_PRECONDITION BOARD_NOT_HELD, RESERVATION_NOT_YOURS; HOLD_DURATION_INVALID.
  void renew(const std::string& board_id, const std::string& token, absl::Duration duration,
             store::DoneWith<store::BoardHold> done);

  /// Of a reservation, with its token or `force`. FAILED_PRECONDITION BOARD_NOT_HELD, RESERVATION_NOT_YOURS.
  void release(const std::string& board_id, const std::string& token, bool force, const std::string& owner,
               store::Done done);

 private:
  // With mutex_ held.
  const store::BoardHold* current(const std::string& board_id);
  absl::Status check_is_reservation_of(const store::BoardHold* hold, const std::string& board_id,
                                       const std::string& token) const;
  void log(const std::string& board_id, const std::string& text);

  void replace(store::BoardHold hold, std::optional<store::BoardHold> before, store::DoneWith<store::BoardHold> done);
  /// The board's hold is `before` again, unless something came after `refused`.
  void take_back(const store::BoardHold& refused, std::optional<store::BoardHold> before);
  void call_hook(const std::string& board_id);

  store::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, store::BoardHold> holds_;  // guarded by mutex_
  std::mutex hook_mutex_;                          // held while the hook runs, never together with mutex_
  std::function<void(const std::string&)> hook_;   // guarded by hook_mutex_
};

/// "reserved by ann@lab until 2026-11-26 18:00:00 UTC: calibrating".
std::string hold_text(const v1::Hold& hold);

}  // namespace tinyrig::jobs
