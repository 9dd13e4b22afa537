#include "server/boards/board_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/boards/agent_hello.h"
#include "server/boards/agent_identity.h"
#include "server/boards/counter_check.h"
#include "server/boards/crash_text.h"

namespace tinyrig::boards {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

// Before and after flashing by hand.
constexpr milliseconds kGreetingPatience{1'000};
constexpr milliseconds kAnswerPatience{10'000};

}  // namespace

BoardKeeper::BoardKeeper(asio::any_io_executor strand, FarmBoard board, CatalogEntry type,
                         std::optional<flash::Firmware> firmware, const v1::Board& known, KeeperWorld world)
    : strand_(std::move(strand)),
      farm_board_(std::move(board)),
      type_(std::move(type)),
      firmware_(std::move(firmware)),
      world_(std::move(world)),
      power_(make_board_power(farm_board_)),
      view_(known) {
  // What cannot be made was refused when the farm file was read.
  if (auto flasher = world_.make_flasher(farm_board_, type_); flasher.ok()) flasher_ = *std::move(flasher);
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
  view_.set_instrument(farm_board_.instrument.has_value() ? farm_board_.instrument->kind : "");
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
  tell_line();
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

void BoardKeeper::count_firmware_write() {
  v1::FlashWear& wear = *view_.mutable_flash_wear();
  wear.set_firmware_writes(wear.firmware_writes() + 1);
  warn_of_wear("the firmware's flash", wear.firmware_writes());
  announce(Change::kState);
}

void BoardKeeper::count_slot_write() {
  v1::FlashWear& wear = *view_.mutable_flash_wear();
  wear.set_model_slot_writes(wear.model_slot_writes() + 1);
  warn_of_wear("the model slot", wear.model_slot_writes());
  if (world_.observer != nullptr) world_.observer->on_slot_write(view_);
  announce(Change::kState);
}

void BoardKeeper::drop_session() {
  tell_line();
  session_.reset();
}

void BoardKeeper::tell_line() {
  if (session_ == nullptr || world_.observer == nullptr) return;
  const link::Counters now = session_->counters();
  link::Counters since;
  since.frames_received = now.frames_received - told_line_.frames_received;
  since.bad_chunks = now.bad_chunks - told_line_.bad_chunks;
  since.duplicates = now.duplicates - told_line_.duplicates;
  since.gaps = now.gaps - told_line_.gaps;
  since.stale = now.stale - told_line_.stale;
  since.refused = now.refused - told_line_.refused;
  since.data_frames_sent = now.data_frames_sent - told_line_.data_frames_sent;
  since.retransmitted = now.retransmitted - told_line_.retransmitted;
  since.polls = now.polls - told_line_.polls;
  told_line_ = now;
  world_.observer->on_line(view_, since);
}

void BoardKeeper::tell_trouble(const std::string& reason) const {
  if (world_.observer != nullptr) world_.observer->on_trouble(view_, reason);
}

void BoardKeeper::warn_of_wear(const std::string& what, std::uint64_t writes) const {
  const std::uint64_t guaranteed = type_.type.flash_erase_cycles();
  if (guaranteed == 0 || (writes != guaranteed / 10 * 8 && writes != guaranteed)) return;
  world_.log("warning", absl::StrCat(what, " was written ", writes, " times; its maker guarantees ", guaranteed));
}

void BoardKeeper::meet_agent() {
  const v1::AgentIdentity agent = identity_of(hello());
  const std::string& before = view_.agent().unit_id();
  if (!before.empty() && agent.unit_id() != before) {
    world_.log("info", absl::StrCat("another chip: unit ", agent.unit_id().empty() ? "without a name" : agent.unit_id(),
                                    ", before ", before));
    view_.clear_flash_wear();
  }
  *view_.mutable_agent() = agent;
}

void BoardKeeper::doubt(const std::string& code, const std::string& why) {
  ready_ = false;
  tell_trouble(code);
  set_health(v1::HEALTH_UNKNOWN, code, why);
}

void BoardKeeper::put_aside(const v1::Hold& hold, const std::string& text) {
  ready_ = false;
  drop_session();
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
  if (power_.power_switch != nullptr) power_.power_switch->cancel();
  if (power_.instrument != nullptr) power_.instrument->cancel();
}

awaitable<absl::Status> BoardKeeper::make_ready() {
  ready_ = false;
  if (view_.activity() != v1::ACTIVITY_OFFLINE) set_activity(v1::ACTIVITY_RECOVERING);
  absl::Status status = co_await climb();
  tell_line();
  if (!status.ok()) {
    view_.set_activity(v1::ACTIVITY_OFFLINE);
    const std::string hint = hint_of(status);
    set_health(v1::HEALTH_UNKNOWN, reason_of(status),
               absl::StrCat(std::string(status.message()), hint.empty() ? "" : ". ", hint));
    announce(Change::kState);
    co_return status;
  }
  ready_ = true;
  boot_count_ = hello().boot_count();
  meet_agent();
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
  if (flasher_->takes_port()) drop_session();
  (void)find_port();  // a board that waits in its bootloader has none
  count_firmware_write();
  absl::StatusOr<flash::FlashReport> report = co_await flasher_->flash(image, told);
  clear_step();
  if (world_.observer != nullptr) world_.observer->on_firmware_write(view_, report.status());
  if (!report.ok()) co_return report.status();
  world_.log("info", absl::StrCat(report->read_back ? "flashed and read back " : "flashed (and could not read back) ",
                                  report->bytes_written, " bytes"));
  co_return report;
}

awaitable<absl::StatusOr<HandFlashed>> BoardKeeper::flash_by_hand(const flash::FirmwareImage* image, std::string by,
                                                                  flash::Progress progress) {
  flashing_cancelled_ = false;
  absl::StatusOr<HandFlashed> flashed = co_await flash_the_right_board(image, by, std::move(progress));
  drop_session();  // the port is nobody's again
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
  meet_agent();
  flashed.agent = view_.agent();
  co_return flashed;
}

void BoardKeeper::cancel_flashing() {
  flashing_cancelled_ = true;
  if (session_ != nullptr) session_->transport().close();
  if (flasher_ != nullptr) flasher_->cancel();
}

awaitable<absl::Status> BoardKeeper::calibrate() {
  absl::StatusOr<double> ratio = co_await check_counter(*session_, type_);
  calibration_ratio_ = ratio.ok() ? *ratio : 0;
  co_return ratio.status();
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
      .on_slot_write = [this] { count_slot_write(); },
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

awaitable<std::string> BoardKeeper::find_crash() {
  if (session_ == nullptr) co_return "";
  set_step("asking what happened", 0);
  const absl::Status greeted = co_await say_hello(Speed::kAfterReset, kGreetingPatience);
  const bool faulted =
      greeted.ok() && hello().boot_count() != boot_count_ && hello().reset_reason() == agent::v1::RESET_REASON_FAULT;
  if (!faulted) co_return "";
  const absl::StatusOr<agent::v1::CrashReport> crash = co_await session_->get_crash();
  if (!crash.ok() || !crash->known()) co_return "";
  const std::string text = crash_text(*crash, type_.type.core());
  world_.log("error", absl::StrCat("its firmware crashed: ", text));
  co_return text;
}

awaitable<absl::Status> BoardKeeper::check_alive() {
  absl::StatusOr<std::chrono::nanoseconds> round_trip = co_await session_->ping();
  tell_line();
  if (!round_trip.ok()) {
    doubt(reason_of(round_trip.status()), std::string(round_trip.status().message()));
    co_return round_trip.status();
  }
  view_.mutable_last_seen_time()->set_seconds(absl::ToUnixSeconds(world_.clock.now()));
  announce(Change::kProgress);
  co_return absl::OkStatus();
}

}  // namespace tinyrig::boards
