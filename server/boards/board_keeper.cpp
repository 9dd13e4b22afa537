#include "server/boards/board_keeper.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/use_tuple.h"
#include "server/boards/agent_hello.h"
#include "server/boards/agent_identity.h"
#include "server/boards/make_flasher.h"
#include "server/link/serial_port.h"
#include "server/stats/stats.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenOpens{100};
// Before and after flashing by hand.
constexpr milliseconds kGreetingPatience{1'000};
constexpr milliseconds kAnswerPatience{10'000};
constexpr std::uint32_t kCalibrationLoops = 100'000;
// Reading the counter and the call cost some instructions beside the loop.
constexpr double kCalibrationTolerance = 0.001;

bool port_is_gone(const absl::Status& status) { return reason_of(status) == "PORT_NOT_FOUND"; }

}  // namespace

BoardKeeper::BoardKeeper(asio::any_io_executor strand, FarmBoard board, CatalogEntry type,
                         std::optional<flash::Firmware> firmware, const v1::Board& known, KeeperWorld world)
    : strand_(std::move(strand)),
      farm_board_(std::move(board)),
      type_(std::move(type)),
      firmware_(std::move(firmware)),
      world_(std::move(world)),
      view_(known) {
  // What cannot be made was refused when the farm file was read.
  if (auto flasher = make_flasher(farm_board_, type_); flasher.ok()) flasher_ = *std::move(flasher);
  if (farm_board_.power.has_value()) power_ = make_power_switch(*farm_board_.power);
  // Another agent is about to be flashed: what the one before carried says nothing any more.
  if (firmware_.has_value() && view_.agent().build_id() != firmware_->build_id) {
    view_.mutable_agent()->clear_runtimes();
  }
  view_.set_id(farm_board_.id);
  view_.set_board_type(farm_board_.type);
  view_.clear_labels();
  for (const std::string& label : type_.type.labels()) view_.add_labels(label);
  for (const std::string& label : farm_board_.labels) {
    if (std::find(view_.labels().begin(), view_.labels().end(), label) == view_.labels().end()) view_.add_labels(label);
  }
  view_.set_port(farm_board_.port);
  view_.set_emulated(type_.type.emulated());
  view_.set_activity(v1::ACTIVITY_OFFLINE);
  view_.set_health(v1::HEALTH_UNKNOWN);
  view_.set_health_reason("not checked yet");
  view_.clear_health_code();
  view_.clear_hold();
}

void BoardKeeper::announce(Change change) { world_.announce(view_, change); }

void BoardKeeper::set_activity(v1::Activity activity) {
  if (view_.activity() == activity) return;
  view_.set_activity(activity);
  announce(Change::kState);
}

void BoardKeeper::set_health(v1::Health health, const std::string& code, const std::string& reason) {
  if (view_.health() == health && view_.health_code() == code && view_.health_reason() == reason) return;
  view_.set_health(health);
  view_.set_health_code(code);
  view_.set_health_reason(reason);
  announce(Change::kState);
}

void BoardKeeper::begin_run(const std::string& run_id) {
  view_.set_current_run_id(run_id);
  set_activity(v1::ACTIVITY_BUSY);
}

void BoardKeeper::end_run(bool failed) {
  view_.clear_current_run_id();
  clear_step();
  view_.set_runs_finished(view_.runs_finished() + 1);
  if (failed) view_.set_runs_failed(view_.runs_failed() + 1);
  view_.set_activity(v1::ACTIVITY_IDLE);
  announce(Change::kState);
}

void BoardKeeper::set_step(const std::string& step, double progress) {
  view_.set_current_step(step);
  view_.set_current_step_progress(progress);
  announce(Change::kProgress);
}

void BoardKeeper::clear_step() {
  view_.clear_current_step();
  view_.clear_current_step_progress();
}

void BoardKeeper::doubt(const std::string& code, const std::string& why) {
  ready_ = false;
  set_health(v1::HEALTH_UNKNOWN, code, why);
}

void BoardKeeper::put_aside(const v1::Hold& hold, const std::string& text) {
  ready_ = false;
  session_.reset();
  const bool reserved = hold.kind() == v1::HOLD_KIND_RESERVED;
  *view_.mutable_hold() = hold;
  view_.set_activity(reserved ? v1::ACTIVITY_LEASED : v1::ACTIVITY_OFFLINE);
  view_.set_health(hold.kind() == v1::HOLD_KIND_MAINTENANCE   ? v1::HEALTH_MAINTENANCE
                   : hold.kind() == v1::HOLD_KIND_QUARANTINED ? v1::HEALTH_QUARANTINED
                                                              : v1::HEALTH_UNKNOWN);
  view_.set_health_code(reserved ? "RESERVED" : "");
  view_.set_health_reason(text);
  announce(Change::kState);
}

void BoardKeeper::take_back() {
  // Who releases a board may have mended it; a quarantine that ran out has mended nothing.
  const bool ran_out = view_.hold().kind() == v1::HOLD_KIND_QUARANTINED && view_.hold().has_expire_time() &&
                       view_.hold().expire_time().seconds() <= absl::ToUnixSeconds(world_.clock.now());
  if (!ran_out) rests_.clear();
  view_.clear_hold();
  view_.set_activity(v1::ACTIVITY_OFFLINE);
  view_.set_health(v1::HEALTH_UNKNOWN);
  view_.set_health_code("");
  view_.set_health_reason("not checked since it was released");
  announce(Change::kState);
}

void BoardKeeper::close() {
  closed_ = true;
  if (session_ != nullptr) session_->transport().close();
  if (flasher_ != nullptr) flasher_->cancel();
  if (power_ != nullptr) power_->cancel();
}

awaitable<absl::Status> BoardKeeper::make_ready() {
  ready_ = false;
  if (view_.activity() != v1::ACTIVITY_OFFLINE) set_activity(v1::ACTIVITY_RECOVERING);
  absl::Status status = co_await climb();
  if (!status.ok()) {
    view_.set_activity(v1::ACTIVITY_OFFLINE);
    const std::string hint = hint_of(status);
    set_health(v1::HEALTH_UNKNOWN, reason_of(status),
               absl::StrCat(std::string(status.message()), hint.empty() ? "" : ". ", hint));
    announce(Change::kState);
    co_return status;
  }
  ready_ = true;
  *view_.mutable_agent() = identity_of(hello());
  view_.set_identity_weak(hello().unit_id().empty());
  view_.mutable_last_seen_time()->set_seconds(absl::ToUnixSeconds(world_.clock.now()));
  view_.set_health(proof_.health);
  view_.set_health_code("");
  view_.set_health_reason(proof_.text);
  view_.set_activity(v1::ACTIVITY_IDLE);
  announce(Change::kState);
  co_return absl::OkStatus();
}

bool BoardKeeper::agent_is_current() const {
  return !firmware_.has_value() || hello().build_id() == firmware_->build_id;
}

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
      return power_ != nullptr;
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
  if (reason == "AGENT_OUTDATED" && step.rung != Rung::kFlash) return "only flashing changes the agent";
  if (port_is_gone(trouble) && step.rung != Rung::kPowerCycle) return "there is no port";
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
      if (flasher_->takes_port()) session_.reset();
      TINYRIG_CO_RETURN_IF_ERROR(co_await flasher_->reset());
      break;
    case Rung::kPowerCycle:
      TINYRIG_CO_RETURN_IF_ERROR(co_await power_->cycle());
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

awaitable<absl::Status> BoardKeeper::open() {
  if (closed_) co_return absl::CancelledError("the board is being closed");
  if (session_ != nullptr) {
    // A port that is gone (unplugged, power switched) must be opened anew; asking for the rest of its
    // buffered bytes tells.
    absl::Status alive = co_await session_->listen(milliseconds(1));
    if (alive.ok()) co_return absl::OkStatus();
    session_.reset();
  }
  absl::StatusOr<std::unique_ptr<link::SerialPort>> port =
      link::SerialPort::open(strand_, farm_board_.port, type_.baud);
  if (!port.ok()) co_return port.status();
  link::SessionOptions options;
  options.on_log = [this](std::string_view text) { world_.log("info", std::string(text)); };
  session_ = std::make_unique<link::AgentSession>(*std::move(port), std::move(options));
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::say_hello(Speed speed, milliseconds timeout) {
  absl::StatusOr<agent::v1::HelloReply> reply = co_await boards::say_hello(*session_, type_, speed, timeout);
  co_return reply.status();
}

awaitable<absl::Status> BoardKeeper::flash_agent() {
  world_.log("info", absl::StrCat("flashing agent ", firmware_->build_id));
  absl::StatusOr<flash::FlashReport> report = co_await write_flash(firmware_->image, nullptr);
  co_return report.status();
}

awaitable<absl::StatusOr<flash::FlashReport>> BoardKeeper::write_flash(const flash::FirmwareImage& image,
                                                                       flash::Progress progress) {
  flash::Progress told = [this, &progress](std::size_t done, std::size_t total) {
    set_step("flashing", total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total));
    if (progress) progress(done, total);
  };
  if (flasher_->takes_port()) session_.reset();
  absl::StatusOr<flash::FlashReport> report = co_await flasher_->flash(image, told);
  clear_step();
  if (!report.ok()) co_return report.status();
  world_.log("info", absl::StrCat(report->read_back ? "flashed and read back " : "flashed (and could not read back) ",
                                  report->bytes_written, " bytes"));
  co_return report;
}

awaitable<absl::StatusOr<HandFlashed>> BoardKeeper::flash_by_hand(const flash::FirmwareImage* image, std::string by,
                                                                  flash::Progress progress) {
  flashing_cancelled_ = false;
  absl::StatusOr<HandFlashed> flashed = co_await flash_the_right_board(image, by, std::move(progress));
  session_.reset();  // the port is nobody's again
  clear_step();
  if (flashing_cancelled_) flashed = absl::CancelledError("flashing was given up; what had been written stays");
  if (!flashed.ok()) {
    world_.log("warning", absl::StrCat("flashing by hand failed, ", reason_of(flashed.status()), ": ",
                                       std::string(flashed.status().message())));
  }
  announce(Change::kState);
  co_return flashed;
}

awaitable<absl::StatusOr<HandFlashed>> BoardKeeper::flash_the_right_board(const flash::FirmwareImage* image,
                                                                          const std::string& by,
                                                                          flash::Progress progress) {
  if (flasher_ == nullptr) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "NO_FLASHER",
                         absl::StrCat(farm_board_.id, " has nothing that writes its flash"),
                         "Give it a 'flasher' in the farm file (docs/flashers.md).");
  }
  if (image == nullptr && !firmware_.has_value()) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "NO_FIRMWARE",
                         absl::StrCat("the daemon has no agent for ", farm_board_.id),
                         "Build it (./rig firmware) and start the daemon with --firmware, or send an ELF file.");
  }
  set_step("asking who is there", 0);
  const RecoveryStep greeting{.rung = Rung::kHello, .patience = kGreetingPatience, .rest = {}};
  const absl::Status met = co_await meet(greeting);
  const std::string reason = reason_of(met);
  if (reason == "WRONG_UNIT" || reason == "WRONG_BOARD_TYPE") co_return met;
  if (flashing_cancelled_) co_return absl::CancelledError();
  world_.log("info", absl::StrCat("flashing ", image == nullptr ? "agent " + firmware_->build_id : "other firmware",
                                  " by hand, by ", by));
  absl::StatusOr<flash::FlashReport> report =
      co_await write_flash(image == nullptr ? firmware_->image : *image, std::move(progress));
  if (!report.ok()) co_return report.status();
  HandFlashed flashed{*report, std::nullopt};
  if (image != nullptr || flashing_cancelled_) co_return flashed;
  set_step("waiting for the agent", 1);
  const RecoveryStep answer{.rung = Rung::kFlash, .patience = kAnswerPatience, .rest = {}};
  TINYRIG_CO_RETURN_IF_ERROR(co_await meet(answer));
  flashed.agent = identity_of(hello());
  *view_.mutable_agent() = *flashed.agent;
  co_return flashed;
}

void BoardKeeper::cancel_flashing() {
  flashing_cancelled_ = true;
  if (session_ != nullptr) session_->transport().close();
  if (flasher_ != nullptr) flasher_->cancel();
}

awaitable<absl::Status> BoardKeeper::calibrate() {
  absl::StatusOr<agent::v1::CalibrationReport> report = co_await session_->calibrate(kCalibrationLoops);
  if (!report.ok()) co_return report.status();
  calibration_ratio_ = 0;
  if (type_.instruction_ns == 0 || report->instructions_per_loop() == 0) co_return absl::OkStatus();
  const std::uint64_t counted =
      stats::instructions_from_ticks(report->ticks(), hello().ticks_per_second(), type_.instruction_ns);
  const double expected = static_cast<double>(kCalibrationLoops) * report->instructions_per_loop();
  calibration_ratio_ = static_cast<double>(counted) / expected;
  if (calibration_ratio_ < 1 - kCalibrationTolerance || calibration_ratio_ > 1 + kCalibrationTolerance) {
    co_return make_error(absl::StatusCode::kFailedPrecondition, "COUNTER_WRONG",
                         absl::StrFormat("the counter gave %d instructions for a loop of %.0f", counted, expected),
                         "Start the emulator with the instruction time that the catalog states.");
  }
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::prove() {
  const BoardUnderCheck board{
      .board_id = farm_board_.id,
      .session = *session_,
      .type = type_,
      .flasher = flasher_.get(),
      .calibration_ratio = calibration_ratio_,
      .on_step = [this](const std::string& step, double progress) { set_step(step, progress); },
      .log = world_.log,
      .closed = [this] { return closed_; },
  };
  absl::StatusOr<Proof> proof = co_await world_.check.prove(board);
  clear_step();
  if (!proof.ok()) {
    world_.log("error", absl::StrCat(reason_of(proof.status()), ": ", std::string(proof.status().message())));
    co_return proof.status();
  }
  proof_ = *std::move(proof);
  if (proof_.health != v1::HEALTH_GOOD) world_.log("warning", proof_.text);
  co_return absl::OkStatus();
}

awaitable<absl::Status> BoardKeeper::check_alive() {
  absl::StatusOr<std::chrono::nanoseconds> round_trip = co_await session_->ping();
  if (!round_trip.ok()) {
    doubt(reason_of(round_trip.status()), std::string(round_trip.status().message()));
    co_return round_trip.status();
  }
  view_.mutable_last_seen_time()->set_seconds(absl::ToUnixSeconds(world_.clock.now()));
  announce(Change::kProgress);
  co_return absl::OkStatus();
}

}  // namespace tinyrig::boards
