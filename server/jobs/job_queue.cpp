#include "server/jobs/job_queue.h"

#include <utility>

#include "server/jobs/queue_core.h"

namespace tinyrig::jobs {

JobQueue::JobQueue(store::Store& store, events::EventBus& bus, const Clock& clock, IdSource& ids, Planner planner)
    : core_(std::make_shared<Core>(store, bus, clock, ids, std::move(planner))) {}

JobQueue::~JobQueue() { core_->close(); }

absl::Status JobQueue::recover() { return core_->recover(); }

void JobQueue::submit(v1::JobSpec spec, std::string idempotency_key, store::DoneWith<v1::SubmitJobResponse> done,
                      std::uint32_t most_unfinished_jobs) {
  core_->submit(std::move(spec), std::move(idempotency_key), std::move(done), most_unfinished_jobs);
}

void JobQueue::cancel(const std::string& job_id, store::DoneWith<v1::Job> done) {
  core_->cancel(job_id, std::move(done));
}

absl::StatusOr<v1::Job> JobQueue::job(const std::string& job_id) const { return core_->job(job_id); }

absl::StatusOr<v1::Run> JobQueue::run(const std::string& run_id) const { return core_->run(run_id); }

void JobQueue::overlay(v1::RunSummary* run) const { core_->overlay(run); }

std::optional<Lease> JobQueue::take(const BoardView& board) { return core_->take(board); }

void JobQueue::know_board(const BoardView& board) { core_->know_board(board); }

void JobQueue::board_unavailable(const std::string& board_id) { core_->board_unavailable(board_id); }

void JobQueue::set_state(const std::string& run_id, std::uint32_t attempt, v1::RunState state) {
  core_->set_state(run_id, attempt, state);
}

void JobQueue::set_step(const std::string& run_id, std::uint32_t attempt, const std::string& step, double progress) {
  core_->set_step(run_id, attempt, step, progress);
}

void JobQueue::finish(const std::string& run_id, std::uint32_t attempt, AttemptEnd end, store::Done done) {
  core_->finish(run_id, attempt, std::move(end), std::move(done));
}

bool JobQueue::cancel_requested(const std::string& run_id) const { return core_->cancel_requested(run_id); }

void JobQueue::expire_jobs() { core_->expire_jobs(); }
void JobQueue::retry_unsaved() { core_->retry_unsaved(); }

void JobQueue::on_work(std::function<void()> hook) { core_->on_work(std::move(hook)); }

void JobQueue::on_cancel(std::function<void(const std::string& run_id, const std::string& board_id)> hook) {
  core_->on_cancel(std::move(hook));
}

void JobQueue::observe(QueueObserver& observer) { core_->observe(observer); }

void JobQueue::log(const std::string& job_id, const std::string& run_id, const std::string& board_id,
                   const std::string& level, const std::string& text) {
  core_->log(job_id, run_id, board_id, level, text);
}

std::size_t JobQueue::queued_runs() const { return core_->queued_runs(); }

std::vector<WaitingGroup> JobQueue::waiting_groups() const { return core_->waiting_groups(); }

std::size_t JobQueue::unsaved_ends() const { return core_->unsaved_ends(); }

}  // namespace tinyrig::jobs
