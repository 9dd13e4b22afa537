#include "server/daemon/board_worker.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/bench/run_executor.h"
#include "server/bench/run_result.h"
#include "server/boards/agent_identity.h"
#include "server/daemon/attempt_end.h"
#include "server/log/log.h"

namespace tinyrig::daemon {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kFirstRetry{2'000};
constexpr milliseconds kLongestRetry{60'000};
constexpr milliseconds kAliveCheckEvery{15'000};
constexpr milliseconds kHoldCheckEvery{1'000};
// A run fails on three boards at most: more in a row are this board's doing.
constexpr int kFailuresBeforeQuarantine = 5;
constexpr int kFailedChecksBeforeQuarantine = 3;
constexpr absl::Duration kFirstQuarantine = absl::Minutes(10);
constexpr absl::Duration kLongestQuarantine = absl::Hours(24);
// Progress that people can see; more would flood every subscriber.
constexpr milliseconds kStepEvery{200};

absl::Status stopping() {
  return make_error(absl::StatusCode::kUnavailable, "SERVER_STOPPING", "the daemon stops",
                    "The board stays held: go on when the daemon is back.");
}

// Tells the queue and the keeper how a run goes.
class Reporter final : public bench::RunObserver {
 public:
  Reporter(jobs::JobQueue& queue, boards::BoardKeeper& keeper, const jobs::Lease& lease,
           const std::atomic<bool>& stopping)
      : queue_(queue), keeper_(keeper), lease_(lease), stopping_(stopping) {}

  void on_state(v1::RunState state) override { queue_.set_state(lease_.run_id, lease_.attempt, state); }

  void on_step(const std::string& step, double progress) override {
    const SteadyClock::time_point now = SteadyClock::now();
    if (step == last_step_ && now < next_step_at_) return;
    if (step != last_step_) on_log("info", step);
    last_step_ = step;
    next_step_at_ = now + kStepEvery;
    queue_.set_step(lease_.run_id, lease_.attempt, step, progress);
    keeper_.set_step(step, progress);
  }

  void on_log(const std::string& level, const std::string& text) override {
    const std::string& board = keeper_.view().id();
    queue_.log(lease_.job_id, lease_.run_id, board, level, text);
    log_event(spdlog::level::debug, {board, lease_.job_id, lease_.run_id}, text);
  }

  void on_slot_write() override { keeper_.count_slot_write(); }

  bool cancelled() const override { return stopping_ || queue_.cancel_requested(lease_.run_id); }

 private:
  jobs::JobQueue& queue_;
  boards::BoardKeeper& keeper_;
  const jobs::Lease& lease_;
  const std::atomic<bool>& stopping_;
  std::string last_step_;
  SteadyClock::time_point next_step_at_{};
};

// Null: nothing was recorded.
std::shared_ptr<const store::PackedCapture> packed_capture(const power::Capture& capture) {
  if (capture.format.empty()) return nullptr;
  v1::EnergyCapture info;
  info.set_format(capture.format);
  info.set_header(capture.header);
  info.set_supply_mv(capture.supply_mv);
  info.set_samples_per_second(capture.samples_per_second);
  info.set_host_us(capture.host_us);
  return std::make_shared<store::PackedCapture>(store::pack_capture(std::move(info), capture.bytes));
}

}  // namespace

BoardWorker::BoardWorker(asio::any_io_executor strand, boards::BoardKeeper& keeper, jobs::JobQueue& queue,
                         jobs::HoldBook& holds, const store::Store& store, bench::ModelLibrary& models,
                         std::string server_version)
    : strand_(strand),
      keeper_(keeper),
      queue_(queue),
      holds_(holds),
      store_(store),
      models_(models),
      server_version_(std::move(server_version)),
      timer_(strand),
      retry_after_(kFirstRetry) {}

void BoardWorker::wake() {
  if (!looking_) return;
  asio::post(strand_, [this] {
    woken_ = true;
    if (keeper_.ready()) timer_.cancel();
  });
}

void BoardWorker::port_may_have_changed() {
  asio::post(strand_, [this] {
    if (!keeper_.ready() && !keeper_.port_was_gone()) return;  // ports are not what ails it
    check_alive_ = keeper_.ready();
    retry_after_ = kFirstRetry;
    timer_.cancel();
  });
}

void BoardWorker::look_again() {
  asio::post(strand_, [this] { timer_.cancel(); });
}

absl::Status BoardWorker::why_no_visit() {
  const std::string& id = keeper_.view().id();
  if (stopping_) return stopping();
  if (visit_ != nullptr) {
    return make_error(absl::StatusCode::kFailedPrecondition, "BOARD_VISITED",
                      absl::StrCat("somebody has a console open on ", id, ", or flashes it"),
                      "One at a time: `tinyrig board log` tells who.");
  }
  if (holds_.hold_of(id).has_value()) return absl::OkStatus();
  return make_error(absl::StatusCode::kFailedPrecondition, "BOARD_NOT_HELD",
                    absl::StrCat("nobody holds ", id, " any more"), "Reserve it first.");
}

void BoardWorker::admit(std::shared_ptr<boards::Visit> visit) {
  asio::post(strand_, [this, visit = std::move(visit)] {
    if (absl::Status no = why_no_visit(); !no.ok()) return visit->refuse(std::move(no));
    visit_ = visit;  // begins when what the board is doing has ended
    if (keeper_.view().has_hold()) timer_.cancel();
  });
}

void BoardWorker::dismiss(std::shared_ptr<boards::Visit> visit, absl::Status why) {
  asio::post(strand_, [this, visit = std::move(visit), why = std::move(why)] {
    if (visit_ != visit) return;
    if (visit_has_begun_) {
      visit->end(why);
    } else {
      refuse_visit(why);
    }
  });
}

void BoardWorker::stop() {
  stopping_ = true;
  asio::post(strand_, [this] {
    timer_.cancel();
    keeper_.close();
  });
}

awaitable<void> BoardWorker::wait(milliseconds duration) {
  timer_.expires_after(duration);
  const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  static_cast<void>(error);  // woken early or not, the caller looks again
}

awaitable<void> BoardWorker::run() {
  while (!stopping_) {
    if (std::optional<v1::Hold> hold = holds_.hold_of(keeper_.view().id()); hold.has_value()) {
      co_await stand_aside(*std::move(hold));
    } else if (keeper_.view().has_hold()) {
      refuse_visit(make_error(absl::StatusCode::kAborted, "HOLD_ENDED",
                              absl::StrCat(keeper_.view().id(), " was released meanwhile"), "Reserve it again."));
      keeper_.take_back();
      retry_after_ = kFirstRetry;
    } else if (keeper_.ready()) {
      co_await work();
    } else {
      co_await recover();
    }
  }
  refuse_visit(stopping());
  queue_.board_unavailable(keeper_.view().id());
  keeper_.set_activity(v1::ACTIVITY_OFFLINE);
}

// One that was let in and has not begun.
void BoardWorker::refuse_visit(absl::Status why) {
  if (visit_ != nullptr) std::exchange(visit_, nullptr)->refuse(std::move(why));
}

awaitable<void> BoardWorker::recover() {
  const absl::Status ready = co_await keeper_.make_ready();
  if (ready.ok()) {
    retry_after_ = kFirstRetry;
    failed_checks_in_a_row_ = 0;
    co_return;
  }
  if (!keeper_.failed_check()) failed_checks_in_a_row_ = 0;
  if (keeper_.failed_check() && ++failed_checks_in_a_row_ == kFailedChecksBeforeQuarantine) {
    failed_checks_in_a_row_ = 0;
    quarantine(absl::StrCat("it failed its check ", kFailedChecksBeforeQuarantine, " times in a row, the last with ",
                            reason_of(ready), ": ", std::string(ready.message())));
  }
  queue_.board_unavailable(keeper_.view().id());
  if (stopping_ || holds_.hold_of(keeper_.view().id()).has_value()) co_return;
  co_await wait(retry_after_);
  retry_after_ = std::min(retry_after_ * 2, kLongestRetry);
}

awaitable<void> BoardWorker::stand_aside(v1::Hold hold) {
  const std::string text = jobs::hold_text(hold);
  if (!keeper_.view().has_hold() || jobs::hold_text(keeper_.view().hold()) != text) {
    queue_.board_unavailable(keeper_.view().id());
    keeper_.put_aside(hold, text);
  }
  if (visit_ != nullptr) {
    co_await host_visit(std::move(hold));
  } else {
    // Not until it expires: the clock may jump.
    co_await wait(kHoldCheckEvery);
  }
}

// As long as it likes, but not longer than this very hold; a renewed one is the same.
awaitable<void> BoardWorker::host_visit(v1::Hold hold) {
  bool over = false;
  visit_has_begun_ = true;
  asio::co_spawn(strand_, visit_->run(keeper_), [this, &over](const std::exception_ptr&) {
    over = true;
    timer_.cancel();
  });
  while (!over) {
    const std::optional<v1::Hold> now = holds_.hold_of(keeper_.view().id());
    const bool still_held = now.has_value() && now->kind() == hold.kind() && now->owner() == hold.owner() &&
                            now->begin_time().SerializeAsString() == hold.begin_time().SerializeAsString();
    if (stopping_) {
      visit_->end(stopping());
    } else if (!still_held) {
      visit_->end(make_error(absl::StatusCode::kAborted, "HOLD_ENDED",
                             absl::StrCat(keeper_.view().id(), " is no longer ", jobs::hold_text(hold)),
                             "It expired, or somebody released the board: `tinyrig board log` tells."));
    }
    co_await wait(kHoldCheckEvery);
  }
  visit_has_begun_ = false;
  visit_.reset();
}

awaitable<void> BoardWorker::work() {
  if (std::exchange(check_alive_, false)) {
    const absl::Status there = co_await keeper_.check_alive();
    if (!there.ok()) co_return;  // the keeper is not ready any more, and run() recovers it
  }
  woken_ = false;
  looking_ = true;
  std::optional<jobs::Lease> lease = queue_.take(jobs::view_of(keeper_.view()));
  if (lease.has_value()) {
    looking_ = false;
    co_await execute(*std::move(lease));
    co_return;
  }
  const SteadyClock::time_point since = SteadyClock::now();
  // Work that came between take() and here has set woken_ on this strand before we wait.
  if (!woken_ && !check_alive_) co_await wait(kAliveCheckEvery);
  if (stopping_ || SteadyClock::now() - since < kAliveCheckEvery) co_return;
  check_alive_ = true;
}

awaitable<void> BoardWorker::execute(jobs::Lease lease) {
  keeper_.begin_run(lease.run_id);
  log(lease, "info",
      absl::StrCat("attempt ", lease.attempt, " of ", lease.run.summary().model_name(), " on ", keeper_.view().id()));
  jobs::AttemptEnd end = co_await attempt(lease);
  const bool blame_board = end.outcome == v1::OUTCOME_BOARD_ERROR || end.outcome == v1::OUTCOME_INFRA_ERROR;
  if (end.outcome == v1::OUTCOME_BOARD_ERROR && !stopping_) {
    const std::string crash = co_await keeper_.find_crash();
    if (!crash.empty()) absl::StrAppend(&end.message, "; its firmware crashed: ", crash);
  }
  keeper_.end_run(blame_board);
  // The daemon goes down: the run is unfinished, and the next start queues it again.
  if (stopping_) co_return;
  const bool worked = board_worked(end);
  if (blame_board || worked) count_end(blame_board, end.reason);
  if (end.outcome != v1::OUTCOME_SUCCEEDED) {
    log(lease, "error", absl::StrCat(end.reason, ": ", end.message));
    const bool trusted = worked || end.outcome == v1::OUTCOME_USER_ERROR || end.outcome == v1::OUTCOME_CANCELLED;
    if (!trusted) keeper_.doubt(end.reason, absl::StrCat("the last run ended with ", end.reason));
    if (blame_board) queue_.board_unavailable(keeper_.view().id());
  } else {
    log(lease, "info", "succeeded");
  }
  queue_.finish(lease.run_id, lease.attempt, std::move(end));
}

void BoardWorker::log(const jobs::Lease& lease, const std::string& level, const std::string& text) {
  const std::string& board = keeper_.view().id();
  queue_.log(lease.job_id, lease.run_id, board, level, text);
  log_event(log_level_of(level), {board, lease.job_id, lease.run_id}, text);
}

void BoardWorker::count_end(bool board_failed, const std::string& reason) {
  if (!board_failed) {
    failures_in_a_row_ = quarantines_in_a_row_ = 0;
    return;
  }
  if (++failures_in_a_row_ < kFailuresBeforeQuarantine) return;
  failures_in_a_row_ = 0;
  quarantine(absl::StrCat(kFailuresBeforeQuarantine, " runs in a row failed on it, the last with ", reason));
}

void BoardWorker::quarantine(const std::string& reason) {
  const int doublings = std::min(quarantines_in_a_row_++, 10);
  jobs::HoldRequest request;
  request.board_id = keeper_.view().id();
  request.kind = v1::HOLD_KIND_QUARANTINED;
  request.owner = "tinyrigd";
  request.reason = reason;
  request.duration = std::min(kFirstQuarantine * (1 << doublings), kLongestQuarantine);
  holds_.hold(std::move(request), [](const absl::StatusOr<store::BoardHold>&) {});  // refused: tried again later
}

awaitable<jobs::AttemptEnd> BoardWorker::attempt(const jobs::Lease& lease) {
  const v1::Run& run = lease.run;
  bench::RunRequest request;
  const absl::StatusOr<v1::Model> model = store_.find_model(run.model_sha256());
  if (!model.ok()) co_return end_of_failure(model.status());
  request.model = *model;
  const agent::v1::HelloReply& hello = keeper_.hello();
  const v1::AgentIdentity agent = boards::identity_of(hello);
  const v1::AgentRuntime* runtime = boards::find_runtime(agent, run.summary().runtime());
  if (runtime == nullptr) {
    co_return end_of_failure(make_error(absl::StatusCode::kFailedPrecondition, "RUNTIME_NOT_CARRIED",
                                        absl::StrCat(keeper_.view().id(), " carries ", boards::runtimes_text(agent),
                                                     ", not runtime \"", run.summary().runtime(), "\""),
                                        "Flash an agent with that runtime, or name one that is there with --runtime."));
  }
  absl::StatusOr<bench::RuntimeModel> runtime_model = models_.for_runtime(run.model_sha256(), *runtime);
  if (!runtime_model.ok()) co_return end_of_failure(runtime_model.status());
  request.runtime_model = *std::move(runtime_model);
  for (const int measurement : run.measurements()) {
    request.measurements.insert(static_cast<v1::Measurement>(measurement));
  }
  request.settings = run.settings();

  Reporter reporter(queue_, keeper_, lease, stopping_);
  bench::RunBoard board{keeper_.session(),    keeper_.type(), keeper_.flasher(),
                        keeper_.instrument(), hello,          keeper_.calibration_ratio()};
  const absl::StatusOr<bench::RunRecording> recording = co_await bench::record_run(std::move(board), request, reporter);
  if (!recording.ok()) co_return end_of_failure(recording.status());
  const bench::TickScale scale(keeper_.type(), recording->hello.ticks_per_second());
  v1::RunResult result = bench::make_result(*recording, keeper_.type(), request.runtime_model, request.measurements,
                                            request.settings, keeper_.view().id(), server_version_);
  jobs::AttemptEnd end = end_of_result(std::move(result), bench::samples_of(*recording, scale));
  end.capture = packed_capture(recording->energy.capture);
  co_return end;
}

}  // namespace tinyrig::daemon
