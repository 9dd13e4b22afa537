#include "server/jobs/queue_core.h"

#include <algorithm>
#include <utility>

#include "server/base/clean_text.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"

namespace tinyrig::jobs {
namespace {

constexpr std::size_t kMaxLogTextBytes = 4'096;

// What job.proto promises of priorities.
std::uint64_t cost_of(v1::Priority priority) {
  if (priority == v1::PRIORITY_HIGH) return 1;
  return priority == v1::PRIORITY_LOW ? 64 : 8;
}

bool needs_instrument(const v1::Run& run) {
  return std::count(run.measurements().begin(), run.measurements().end(), v1::MEASUREMENT_ENERGY) > 0;
}

std::optional<absl::Time> deadline_of(const v1::Job& job) {
  if (job.spec().start_within_s() == 0) return std::nullopt;
  return absl::FromUnixMicros(store::micros_of(job.create_time())) + absl::Seconds(job.spec().start_within_s());
}

}  // namespace

absl::Time submit_time(const v1::Run& run) { return absl::FromUnixMicros(store::micros_of(run.create_time())); }

JobQueue::Core::Core(store::Store& store, events::EventBus& bus, const Clock& clock, IdSource& ids, Planner planner)
    : store_(store), bus_(bus), clock_(clock), ids_(ids), planner_(std::move(planner)) {}

absl::StatusOr<v1::Job> JobQueue::Core::job(const std::string& job_id) const {
  TINYRIG_ASSIGN_OR_RETURN(v1::Job job, store_.job(job_id));
  for (v1::RunSummary& run : *job.mutable_runs()) overlay(&run);
  return job;
}

absl::StatusOr<v1::Run> JobQueue::Core::run(const std::string& run_id) const {
  TINYRIG_ASSIGN_OR_RETURN(v1::Run run, store_.run(run_id));
  overlay(run.mutable_summary());
  return run;
}

void JobQueue::Core::overlay(v1::RunSummary* summary) const {
  if (summary->state() == v1::RUN_STATE_FINISHED) return;
  const std::lock_guard lock(mutex_);
  const auto run = runs_.find(summary->run_id());
  if (run != runs_.end()) *summary = run->second.scheduled.run.summary();
}

void JobQueue::Core::know_board(const BoardView& board) {
  const std::lock_guard lock(mutex_);
  waiting_.know(board);
}

void JobQueue::Core::board_unavailable(const std::string& board_id) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.set_unusable(board_id);
  }
  call_work_hook();  // runs that were kept for it may go elsewhere now
}

void JobQueue::Core::log(const std::string& job_id, const std::string& run_id, const std::string& board_id,
                         const std::string& level, const std::string& text) {
  const std::lock_guard lock(mutex_);
  log_locked(job_id, run_id, board_id, level, text);
}

std::size_t JobQueue::Core::queued_runs() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::vector<WaitingGroup> JobQueue::Core::waiting_groups() const {
  std::map<std::pair<std::string, v1::Priority>, WaitingGroup> groups;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, run] : runs_) {
    if (run.phase != Phase::kWaiting) continue;
    const v1::Priority stated = jobs_.at(run.scheduled.run.job_id()).job.spec().priority();
    const v1::Priority priority = stated == v1::PRIORITY_UNSPECIFIED ? v1::PRIORITY_NORMAL : stated;
    const std::string& type = run.scheduled.run.summary().board_type();
    const absl::Time since = submit_time(run.scheduled.run);
    WaitingGroup& group = groups[{type, priority}];
    if (group.runs++ == 0 || since < group.oldest) group.oldest = since;
    group.board_type = type;
    group.priority = priority;
  }
  std::vector<WaitingGroup> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

std::size_t JobQueue::Core::unsaved_ends() const {
  const std::lock_guard lock(mutex_);
  return unsaved_.size();
}

void JobQueue::Core::on_work(std::function<void()> hook) {
  const std::lock_guard lock(hook_mutex_);
  work_hook_ = std::move(hook);
}

void JobQueue::Core::on_cancel(std::function<void(const std::string&, const std::string&)> hook) {
  const std::lock_guard lock(hook_mutex_);
  cancel_hook_ = std::move(hook);
}

void JobQueue::Core::observe(QueueObserver& observer) {
  const std::lock_guard lock(mutex_);
  observer_ = &observer;
}

void JobQueue::Core::close() {
  const std::lock_guard lock(hook_mutex_);
  work_hook_ = nullptr;
  cancel_hook_ = nullptr;
}

void JobQueue::Core::call_work_hook() {
  const std::lock_guard lock(hook_mutex_);
  if (work_hook_) work_hook_();
}

void JobQueue::Core::call_cancel_hook(const std::string& run_id, const std::string& board_id) {
  const std::lock_guard lock(hook_mutex_);
  if (cancel_hook_) cancel_hook_(run_id, board_id);
}

// --- with mutex_ held ---------------------------------------------------------------------------------

JobQueue::Core::RunEntry* JobQueue::Core::active_run(const std::string& run_id, std::uint32_t attempt) {
  const auto run = runs_.find(run_id);
  const bool is_current =
      run != runs_.end() && run->second.phase == Phase::kActive && run->second.attempt.number() == attempt;
  return is_current ? &run->second : nullptr;
}

void JobQueue::Core::add_job(v1::Job job) {
  JobEntry entry;
  entry.job = std::move(job);
  entry.job.clear_runs();
  entry.order = next_order_++;
  if (const auto deadline = deadline_of(entry.job)) deadlines_.emplace(*deadline, entry.job.job_id());
  jobs_.insert_or_assign(entry.job.job_id(), std::move(entry));
}

void JobQueue::Core::forget_job(const JobEntry& entry) {
  const std::string job_id = entry.job.job_id();
  if (const auto deadline = deadline_of(entry.job)) deadlines_.erase({*deadline, job_id});
  jobs_.erase(job_id);
}

JobQueue::Core::RunEntry& JobQueue::Core::add_run(store::ScheduledRun scheduled) {
  const std::string run_id = scheduled.run.summary().run_id();
  RunEntry entry;
  entry.order = next_order_++;
  entry.scheduled = std::move(scheduled);
  JobEntry& job = jobs_.at(entry.scheduled.run.job_id());
  job.run_ids.insert(run_id);
  ++job.runs_by_state.at(entry.scheduled.run.summary().state());
  return runs_.insert_or_assign(run_id, std::move(entry)).first->second;
}

void JobQueue::Core::make_waiting(const std::string& run_id, RunEntry& run) {
  JobEntry& job = jobs_.at(run.scheduled.run.job_id());
  if (job.stops_in_flight > 0) {
    run.phase = Phase::kHeld;
    return;
  }
  run.phase = Phase::kWaiting;
  std::vector<std::string> avoid = run.scheduled.failed_board_ids;
  std::sort(avoid.begin(), avoid.end());
  avoid.erase(std::unique(avoid.begin(), avoid.end()), avoid.end());
  waiting_.add({run_id, job.order, run.order, run.scheduled.run.summary().board_type(), run.scheduled.pinned_board_id,
                run.scheduled.required_label, run.scheduled.run.summary().runtime(), std::move(avoid),
                job.job.spec().owner(), cost_of(job.job.spec().priority()), needs_instrument(run.scheduled.run)});
}

void JobQueue::Core::adopt(RunEntry& run, v1::RunSummary summary) {
  JobEntry& job = jobs_.at(run.scheduled.run.job_id());
  --job.runs_by_state.at(run.scheduled.run.summary().state());
  ++job.runs_by_state.at(summary.state());
  *run.scheduled.run.mutable_summary() = std::move(summary);
  publish_run(run);
  tell_if_finished(run);
  update_job_state(job);
}

void JobQueue::Core::change_state(RunEntry& run, v1::RunState state) {
  v1::RunSummary summary = run.scheduled.run.summary();
  summary.set_state(state);
  adopt(run, std::move(summary));
}

void JobQueue::Core::drop_run(const std::string& run_id, RunEntry& run) {
  JobEntry& job = jobs_.at(run.scheduled.run.job_id());
  job.run_ids.erase(run_id);
  --job.runs_by_state.at(run.scheduled.run.summary().state());
  const bool job_is_over = job.run_ids.empty() && job.job.state() == v1::RUN_STATE_FINISHED;
  if (job_is_over) forget_job(job);
  waiting_.remove(run_id);
  unsaved_.erase(run_id);
  runs_.erase(run_id);
}

void JobQueue::Core::update_job_state(JobEntry& job) {
  if (job.job.state() == v1::RUN_STATE_FINISHED) return;
  for (int state = v1::RUN_STATE_COLLECTING; state >= v1::RUN_STATE_QUEUED; --state) {
    if (job.runs_by_state.at(static_cast<std::size_t>(state)) == 0) continue;
    if (job.job.state() == static_cast<v1::RunState>(state)) return;
    job.job.set_state(static_cast<v1::RunState>(state));
    publish_job(job);
    return;
  }
}

void JobQueue::Core::publish_run(const RunEntry& run) {
  v1::Event event;
  *event.mutable_run() = run.scheduled.run.summary();
  event.set_job_id(run.scheduled.run.job_id());
  bus_.publish(std::move(event));
}

void JobQueue::Core::tell_if_finished(const RunEntry& run) {
  const v1::RunSummary& summary = run.scheduled.run.summary();
  if (observer_ != nullptr && summary.state() == v1::RUN_STATE_FINISHED) observer_->on_run_finished(summary);
}

void JobQueue::Core::publish_job(const JobEntry& job) {
  v1::Event event;
  *event.mutable_job() = job.job;
  event.set_job_id(job.job.job_id());
  bus_.publish(std::move(event));
}

void JobQueue::Core::log_locked(const std::string& job_id, const std::string& run_id, const std::string& board_id,
                                const std::string& level, const std::string& text) {
  v1::LogLine line;
  *line.mutable_time() = store::timestamp_of(clock_.now());
  line.set_job_id(job_id);
  line.set_run_id(run_id);
  line.set_board_id(board_id);
  line.set_level(level);
  line.set_text(clean_text(text, kMaxLogTextBytes));
  v1::Event event;
  *event.mutable_log() = line;
  event.set_job_id(job_id);
  bus_.publish(std::move(event));
  store_.append_log(std::move(line), nullptr);
}

}  // namespace tinyrig::jobs
