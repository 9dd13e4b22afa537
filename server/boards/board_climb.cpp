// BoardKeeper: how it climbs the ladder, and how it meets the board on each rung.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/use_tuple.h"
#include "server/boards/agent_hello.h"
#include "server/boards/agent_identity.h"
#include "server/boards/board_keeper.h"
#include "server/link/serial_port.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenOpens{100};

bool port_is_gone(const absl::Status& status) { return reason_of(status) == "PORT_NOT_FOUND"; }

}  // namespace

awaitable<absl::Status> BoardKeeper::climb() {
  // What the next rung is to end. Never OK: only a rung that was passed is.
  absl::Status trouble = make_error(absl::StatusCode::kFailedPrecondition, "NOT_TRIED", "nothing has been tried yet");
  std::string failures;  // of rungs that could not even be tried to their end
  for (const RecoveryStep& step : type_.recovery) {
    if (!has(step.rung)) continue;
    const std::string name = name_of(step.rung);
    if (step.rung != Rung::kHello) {
      if (const std::string why = why_not(step, trouble); !why.empty()) {
        world_.log("info", absl::StrCat("no ", name, ": ", why));
        continue;
      }
      world_.log("warning", absl::StrCat(reason_of(trouble), " (", std::string(trouble.message()), "): ", name));
    }
    auto acting = act(step.rung);
    const absl::Status acted = co_await std::move(acting);
    if (closed_) co_return absl::CancelledError("the board is being closed");
    if (!acted.ok()) {  // says nothing of the board: its trouble is as before
      count(step, acted);
      const std::string failure = absl::StrCat(name, " failed, ", reason_of(acted), ": ", std::string(acted.message()));
      world_.log("warning", failure);
      absl::StrAppend(&failures, "; ", failure);
      continue;
    }
    auto passing = pass(step);
    absl::Status passed = co_await std::move(passing);
    if (closed_) co_return passed;
    count(step, passed);
    if (step.rung == Rung::kHello) {
      if (was_gone_ && !port_is_gone(passed)) rests_.clear(Rung::kPowerCycle);
      was_gone_ = port_is_gone(passed);
    }
    if (passed.ok()) co_return passed;
    trouble = std::move(passed);
  }
  if (failures.empty()) co_return trouble;
  co_return make_error(trouble.code(), reason_of(trouble), absl::StrCat(std::string(trouble.message()), failures),
                       hint_of(trouble));
}

bool BoardKeeper::has(Rung rung) const {
  switch (rung) {
    case Rung::kHello:
      return true;
    case Rung::kReset:
      return flasher_ != nullptr && flasher_->can_reset();
    case Rung::kPowerCycle:
      return power_.power_switch != nullptr;
    case Rung::kFlash:
      return flasher_ != nullptr && firmware_.has_value();
  }
  return false;
}

bool BoardKeeper::can_flash() const {
  return has(Rung::kFlash) && std::any_of(type_.recovery.begin(), type_.recovery.end(),
                                          [](const RecoveryStep& step) { return step.rung == Rung::kFlash; });
}

std::string BoardKeeper::why_not(const RecoveryStep& step, const absl::Status& trouble) const {
  const auto now = std::chrono::steady_clock::now();
  if (rests_.rests(step.rung, now)) return "it did not help, and rests";
  const std::string reason = reason_of(trouble);
  if (reason == "WRONG_BOARD_TYPE" || reason == "WRONG_UNIT") return "this is another board";
  if (reason == "PORT_IN_USE" || reason == "PORT_NOT_ALLOWED") return "the board may be well, its port is not ours";
  if (reason == "USB_AMBIGUOUS") return "which of them it is cannot be told";
  const bool without_power = reason == "POWER_SWITCH_UNREACHABLE" || reason == "POWER_SWITCH_REFUSED";
  if (without_power && step.rung != Rung::kPowerCycle) return "it has no power";
  if (reason == "AGENT_OUTDATED" && step.rung != Rung::kFlash) return "only flashing changes the agent";
  const bool flashable = step.rung == Rung::kFlash && flasher_->waits_for_firmware();
  if (port_is_gone(trouble) && step.rung != Rung::kPowerCycle && !flashable) return "there is no port";
  const bool blank = view_.agent().build_id().empty() && can_flash() && !rests_.rests(Rung::kFlash, now);
  if (blank && step.rung != Rung::kFlash) return "no agent has been seen on it";
  if (step.rung == Rung::kPowerCycle) {
    if (const std::string neighbour = world_.neighbour_at_work(); !neighbour.empty()) {
      return absl::StrCat(neighbour, " hangs on the same outlet and is at work");
    }
  }
  return "";
}

void BoardKeeper::count(const RecoveryStep& step, const absl::Status& end) {
  const std::string name = name_of(step.rung);
  auto& rungs = *view_.mutable_recovery();
  auto rung = std::find_if(rungs.begin(), rungs.end(), [&name](const auto& known) { return known.rung() == name; });
  if (rung == rungs.end()) {
    view_.add_recovery()->set_rung(name);
    // Gentlest first, as the ladder has them.
    std::stable_sort(rungs.begin(), rungs.end(), [this](const auto& a, const auto& b) {
      const auto place = [this](const std::string& rung_name) {
        return std::find_if(type_.recovery.begin(), type_.recovery.end(),
                            [&](const RecoveryStep& known) { return name_of(known.rung) == rung_name; });
      };
      return place(a.rung()) < place(b.rung());
    });
    rung = std::find_if(rungs.begin(), rungs.end(), [&name](const auto& known) { return known.rung() == name; });
  }
  if (world_.observer != nullptr) world_.observer->on_rung(view_, name, end.ok());
  if (!end.ok()) tell_trouble(reason_of(end));
  rung->set_tried(rung->tried() + 1);
  rung->mutable_last_time()->set_seconds(absl::ToUnixSeconds(world_.clock.now()));
  if (end.ok()) {
    rung->set_helped(rung->helped() + 1);
    rung->clear_last_failure();
    rests_.clear();
  } else {
    rung->set_last_failure(absl::StrCat(reason_of(end), ": ", std::string(end.message())));
    rests_.failed(step, std::chrono::steady_clock::now());
  }
}

awaitable<absl::Status> BoardKeeper::act(Rung rung) {
  switch (rung) {
    case Rung::kHello:
      break;
    case Rung::kReset:
      if (flasher_->takes_port()) drop_session();
      TINYRIG_CO_RETURN_IF_ERROR(co_await flasher_->reset());
      break;
    case Rung::kPowerCycle:
      TINYRIG_CO_RETURN_IF_ERROR(co_await power_.power_switch->cycle());
      break;
    case Rung::kFlash:
      TINYRIG_CO_RETURN_IF_ERROR(co_await flash_agent());
      break;
  }
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::pass(const RecoveryStep& step) {
  failed_check_ = false;
  TINYRIG_CO_RETURN_IF_ERROR(co_await meet(step));
  failed_check_ = true;
  TINYRIG_CO_RETURN_IF_ERROR(co_await calibrate());
  TINYRIG_CO_RETURN_IF_ERROR(co_await prove());
  failed_check_ = false;
  co_return absl::OkStatus();
}

// A board on USB of its own is away for a while after a reset.
awaitable<absl::Status> BoardKeeper::open_within(milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  asio::steady_timer timer(strand_);
  for (;;) {
    absl::Status opened = co_await open();
    if (closed_ || !port_is_gone(opened) || std::chrono::steady_clock::now() >= deadline) co_return opened;
    timer.expires_after(kBetweenOpens);
    auto waiting = timer.async_wait(kUseTuple);
    co_await std::move(waiting);
  }
}

awaitable<absl::Status> BoardKeeper::meet(const RecoveryStep& step) {
  const bool after_reset = step.rung != Rung::kHello;
  TINYRIG_CO_RETURN_IF_ERROR(co_await open_within(after_reset ? step.patience : milliseconds(0)));
  TINYRIG_CO_RETURN_IF_ERROR(co_await say_hello(after_reset ? Speed::kAfterReset : Speed::kUnknown, step.patience));
  const std::string unit_id = identity_of(hello()).unit_id();
  const bool right_unit = farm_board_.unit_id.empty() || unit_id == farm_board_.unit_id;
  if (!right_unit) {
    co_return make_error(
        absl::StatusCode::kFailedPrecondition, "WRONG_UNIT",
        absl::StrCat("the chip on ", farm_board_.port, " is unit ", unit_id.empty() ? "without a name" : unit_id,
                     ", the farm file says ", farm_board_.unit_id),
        "Boards may have been swapped: plug them back, or correct 'unit_id' in the farm file.");
  }
  const bool right_type = hello().board_type() == type_.type.id();
  // The chip itself says that it belongs here: then it has another board's agent.
  if (!right_type && farm_board_.unit_id.empty()) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "WRONG_BOARD_TYPE",
                         absl::StrCat("the agent on ", farm_board_.port, " says it is a ", hello().board_type(),
                                      ", the farm file says ", type_.type.id()),
                         "Correct the farm file, or flash the agent for this board.");
  }
  if (!right_type || !agent_is_current()) {
    co_return make_error(
        absl::StatusCode::kFailedPrecondition, "AGENT_OUTDATED",
        absl::StrCat("the board has agent ", hello().build_id(), " for ", hello().board_type(), ", not ",
                     firmware_.has_value() ? firmware_->build_id : "one for " + type_.type.id()),
        can_flash() ? ""
                    : "Flash the agent by hand, or give the board a 'flasher' in the farm "
                      "file and the daemon its --firmware.");
  }
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::reach_port() {
  if (power_.power_switch != nullptr) TINYRIG_CO_RETURN_IF_ERROR(co_await power_.power_switch->supply());
  co_return find_port();
}

awaitable<absl::Status> BoardKeeper::open() {
  if (closed_) co_return absl::CancelledError("the board is being closed");
  if (session_ != nullptr) {
    // A port that is gone (unplugged, power switched) must be opened anew; asking for the rest of its
    // buffered bytes tells.
    absl::Status alive = co_await session_->listen(milliseconds(1));
    if (alive.ok()) co_return absl::OkStatus();
    drop_session();
  }
  TINYRIG_CO_RETURN_IF_ERROR(co_await reach_port());
  absl::StatusOr<std::unique_ptr<link::SerialPort>> port =
      link::SerialPort::open(strand_, farm_board_.port, type_.baud);
  if (!port.ok()) co_return port.status();
  link::SessionOptions options;
  options.on_log = [this](std::string_view text) { world_.log("info", std::string(text)); };
  session_ = std::make_unique<link::AgentSession>(*std::move(port), std::move(options));
  told_line_ = {};
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::say_hello(Speed speed, milliseconds timeout) {
  absl::StatusOr<agent::v1::HelloReply> reply = co_await boards::say_hello(*session_, type_, speed, timeout);
  co_return reply.status();
}

}  // namespace tinyrig::boards
