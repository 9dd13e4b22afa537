// What happens to runs: taken by boards, moved from state to state, ended, and queued again at start.
#include <algorithm>
#include <set>
#include <utility>

#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/jobs/queue_core.h"
#include "server/store/columns.h"

namespace tinyrig::jobs {
namespace {

constexpr std::size_t kMaxMessageBytes = 4'096;
constexpr std::size_t kMaxReasonBytes = 100;
constexpr std::size_t kMaxStepBytes = 200;

bool is_failure(v1::Outcome outcome) {
  return outcome == v1::OUTCOME_BOARD_ERROR || outcome == v1::OUTCOME_INFRA_ERROR;
}

// Sessions are keys in the store.
void number_sessions_apart(std::vector<v1::SessionSamples>* sessions) {
  std::set<std::uint32_t> numbers;
  for (const v1::SessionSamples& session : *sessions) numbers.insert(session.session());
  if (numbers.size() == sessions->size()) return;
  for (std::size_t i = 0; i < sessions->size(); ++i) (*sessions)[i].set_session(static_cast<std::uint32_t>(i));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

AttemptEnd completed(AttemptEnd end) {
  if (end.outcome == v1::OUTCOME_UNSPECIFIED) {
    end.outcome = v1::OUTCOME_INFRA_ERROR;
    end.reason = "OUTCOME_MISSING";
  }
  end.reason = clean_text(end.reason, kMaxReasonBytes);
  end.message = clean_text(end.message, kMaxMessageBytes);
  if (end.outcome == v1::OUTCOME_SUCCEEDED) {
    end.reason.clear();
  } else if (end.reason.empty()) {
    end.reason = v1::Outcome_Name(end.outcome).substr(sizeof("OUTCOME"));
  }
  if (end.outcome != v1::OUTCOME_SUCCEEDED && end.outcome != v1::OUTCOME_INCONCLUSIVE) end.result.reset();
  if (!end.result.has_value()) {
    end.samples.clear();
    end.capture = nullptr;
  }
  number_sessions_apart(&end.samples);
  return end;
}

// An end that the store refuses for what is in it, without what is in it.
store::AttemptEnd without_result(const store::AttemptEnd& end, const absl::Status& why) {
  store::AttemptEnd bare;
  bare.run_id = end.run_id;
  bare.attempt = end.attempt;
  bare.attempt.set_outcome(v1::OUTCOME_INFRA_ERROR);
  bare.attempt.set_reason("RESULT_NOT_STORED");
  bare.attempt.set_message(
      clean_text("the result could not be stored: " + std::string(why.message()), kMaxMessageBytes));
  bare.counts_as_failure = true;
  bare.run_outcome = v1::OUTCOME_INFRA_ERROR;
  bare.run_reason = bare.attempt.reason();
  bare.run_message = bare.attempt.message();
  return bare;
}

}  // namespace

absl::Status JobQueue::Core::recover() {
  TINYRIG_ASSIGN_OR_RETURN(std::vector<v1::Job> jobs, store_.unfinished_jobs());
  TINYRIG_ASSIGN_OR_RETURN(std::vector<store::ScheduledRun> runs, store_.unfinished_runs());
  const std::lock_guard lock(mutex_);
  for (v1::Job& job : jobs) add_job(std::move(job));
  for (store::ScheduledRun& scheduled : runs) {
    const std::string run_id = scheduled.run.summary().run_id();
    if (!jobs_.contains(scheduled.run.job_id())) continue;
    RunEntry& run = add_run(std::move(scheduled));
    if (run.scheduled.run.summary().state() == v1::RUN_STATE_QUEUED) {
      make_waiting(run_id, run);
      continue;
    }
    // A board had it when the daemon ended.
    store::AttemptEnd end;
    end.run_id = run_id;
    if (!run.scheduled.run.attempts().empty()) {
      end.attempt = *run.scheduled.run.attempts().rbegin();
    }
    *end.attempt.mutable_finish_time() = store::timestamp_of(clock_.now());
    end.attempt.set_outcome(v1::OUTCOME_INFRA_ERROR);
    end.attempt.set_reason("DAEMON_RESTARTED");
    end.attempt.set_message("the daemon ended during this attempt; the run is queued again");
    end.requeue = true;
    run.attempt = end.attempt;
    run.end = std::make_shared<const store::AttemptEnd>(std::move(end));
    save_end(run_id, run);
  }
  return absl::OkStatus();
}

std::optional<Lease> JobQueue::Core::take(const BoardView& board) {
  const std::lock_guard lock(mutex_);
  waiting_.set_usable(board);
  if (!unsaved_.empty()) {
    // More results would not find room either.
    retry_unsaved_locked();
    return std::nullopt;
  }
  if (!store_.intake().ok()) return std::nullopt;
  const std::optional<std::string> run_id = waiting_.pick(board);
  if (!run_id.has_value()) return std::nullopt;
  RunEntry& run = runs_.at(*run_id);
  run.phase = Phase::kActive;
  run.attempt.Clear();
  run.attempt.set_number(run.scheduled.run.summary().attempts() + 1);
  run.attempt.set_board_id(board.id);
  *run.attempt.mutable_start_time() = store::timestamp_of(clock_.now());
  // Not waited for: should it be lost, the end of the attempt says the same.
  store_.begin_attempt(*run_id, run.attempt, nullptr);
  if (observer_ != nullptr && run.attempt.number() == 1) {
    observer_->on_first_attempt(run.scheduled.run.summary(), clock_.now() - submit_time(run.scheduled.run));
  }

  v1::RunSummary summary = run.scheduled.run.summary();
  summary.set_attempts(run.attempt.number());
  summary.set_board_id(board.id);
  summary.set_state(v1::RUN_STATE_LEASED);
  summary.clear_step();
  summary.clear_step_progress();
  adopt(run, std::move(summary));

  Lease lease;
  lease.run_id = *run_id;
  lease.job_id = run.scheduled.run.job_id();
  lease.attempt = run.attempt.number();
  lease.run = run.scheduled.run;
  const v1::JobSpec& spec = jobs_.at(lease.job_id).job.spec();
  *lease.run.mutable_measurements() = spec.measurements();
  *lease.run.mutable_settings() = spec.settings();
  return lease;
}

void JobQueue::Core::set_state(const std::string& run_id, std::uint32_t attempt, v1::RunState state) {
  if (state < v1::RUN_STATE_PREPARING || state > v1::RUN_STATE_COLLECTING) return;
  const std::lock_guard lock(mutex_);
  RunEntry* run = active_run(run_id, attempt);
  if (run == nullptr || run->scheduled.run.summary().state() == state) return;
  store_.set_run_state(run_id, attempt, state, nullptr);
  change_state(*run, state);
}

void JobQueue::Core::set_step(const std::string& run_id, std::uint32_t attempt, const std::string& step,
                              double progress) {
  const std::lock_guard lock(mutex_);
  RunEntry* run = active_run(run_id, attempt);
  if (run == nullptr) return;
  v1::RunSummary& summary = *run->scheduled.run.mutable_summary();
  summary.set_step(clean_text(step, kMaxStepBytes));
  summary.set_step_progress(progress >= 0 ? std::min(progress, 1.0) : 0.0);  // also for NaN
  publish_run(*run);
}

void JobQueue::Core::finish(const std::string& run_id, std::uint32_t attempt, AttemptEnd end, store::Done done) {
  {
    const std::lock_guard lock(mutex_);
    RunEntry* run = active_run(run_id, attempt);
    if (run != nullptr) {
      run->end = std::make_shared<const store::AttemptEnd>(decide(*run, completed(std::move(end))));
      run->end_done = std::move(done);
      save_end(run_id, *run);
      return;
    }
  }
  if (done) {
    done(make_error(absl::StatusCode::kFailedPrecondition, "ATTEMPT_STALE",
                    "attempt " + std::to_string(attempt) + " is not the current one of run " + run_id));
  }
}

store::AttemptEnd JobQueue::Core::decide(const RunEntry& run, AttemptEnd end) const {
  store::AttemptEnd decided;
  decided.run_id = run.scheduled.run.summary().run_id();
  decided.attempt = run.attempt;
  *decided.attempt.mutable_finish_time() = store::timestamp_of(clock_.now());
  decided.attempt.set_outcome(end.outcome);
  decided.attempt.set_reason(end.reason);
  decided.attempt.set_message(end.message);
  decided.counts_as_failure = is_failure(end.outcome);
  const std::uint32_t failures = run.scheduled.counted_failures + 1;
  decided.requeue = decided.counts_as_failure && failures < kMaxFailures;
  decided.run_outcome = end.outcome;
  decided.run_reason = end.reason;
  decided.run_message = end.message;
  if (decided.counts_as_failure && !decided.requeue) {
    std::vector<std::string> boards = run.scheduled.failed_board_ids;
    boards.push_back(run.attempt.board_id());
    decided.run_message =
        clean_text(std::to_string(failures) + " attempts failed, on " + joined(boards) + "; the last: " + end.message,
                   kMaxMessageBytes);
  }
  decided.result = std::move(end.result);
  decided.samples = std::move(end.samples);
  decided.capture = std::move(end.capture);
  return decided;
}

void JobQueue::Core::save_end(const std::string& run_id, RunEntry& run) {
  run.phase = Phase::kEnding;
  store_.end_attempt(*run.end, [self = shared_from_this(), run_id](absl::StatusOr<store::AttemptEndResult> result) {
    self->ended(run_id, std::move(result));
  });
}

void JobQueue::Core::ended(const std::string& run_id, absl::StatusOr<store::AttemptEndResult> result) {
  store::Done done;
  bool is_work = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(run_id);
    if (found == runs_.end()) return;
    RunEntry& run = found->second;
    if (!result.ok()) {
      if (result.status().code() == absl::StatusCode::kInternal && run.end->result.has_value()) {
        // Not for want of room: it would be refused for ever.
        run.end = std::make_shared<const store::AttemptEnd>(without_result(*run.end, result.status()));
        save_end(run_id, run);
        return;
      }
      run.phase = Phase::kUnsaved;
      unsaved_.insert(run_id);
      wait_for_room(run, result.status());
      return;
    }
    // Boards rested for want of room.
    if (unsaved_.erase(run_id) > 0 && unsaved_.empty()) is_work = true;
    done = std::move(run.end_done);
    const std::shared_ptr<const store::AttemptEnd> end = std::move(run.end);
    const std::string job_id = run.scheduled.run.job_id();
    if (result->applied && end->requeue) {
      log_locked(job_id, run_id, end->attempt.board_id(), "warning",
                 "attempt " + std::to_string(end->attempt.number()) + " on " + end->attempt.board_id() +
                     " ended: " + end->attempt.reason() + ": " + end->attempt.message());
    }
    if (result->applied && observer_ != nullptr) observer_->on_attempt_ended(run.scheduled.run.summary(), *end);
    adopt(run, result->run.summary());
    if (result->finished_job.has_value()) {
      JobEntry& job = jobs_.at(job_id);
      job.job = *std::move(result->finished_job);
      publish_job(job);
    }
    if (result->run.summary().state() == v1::RUN_STATE_FINISHED) {
      drop_run(run_id, run);
    } else {
      if (end->counts_as_failure) {
        ++run.scheduled.counted_failures;
        run.scheduled.failed_board_ids.push_back(end->attempt.board_id());
      }
      make_waiting(run_id, run);
      is_work = true;
    }
  }
  if (done) done(absl::OkStatus());
  if (is_work) call_work_hook();
}

// Tells those who watch, once: the log itself may find no room.
void JobQueue::Core::wait_for_room(RunEntry& run, const absl::Status& status) {
  constexpr char kStep[] = "waiting to be saved";
  v1::RunSummary& summary = *run.scheduled.run.mutable_summary();
  if (summary.step() == kStep) return;
  summary.set_step(kStep);
  publish_run(run);
  log_locked(run.scheduled.run.job_id(), summary.run_id(), run.end->attempt.board_id(), "warning",
             "the result waits to be saved: " + std::string(status.message()));
}

void JobQueue::Core::retry_unsaved() {
  const std::lock_guard lock(mutex_);
  retry_unsaved_locked();
}

void JobQueue::Core::retry_unsaved_locked() {
  for (const std::string& run_id : unsaved_) {
    RunEntry& run = runs_.at(run_id);
    if (run.phase == Phase::kUnsaved) save_end(run_id, run);
  }
}

}  // namespace tinyrig::jobs
