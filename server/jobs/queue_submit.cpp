// How a job comes in: known key -> plan -> durable -> waiting.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/base/error.h"
#include "server/jobs/queue_core.h"
#include "server/store/columns.h"
#include "server/store/outcome.h"

namespace tinyrig::jobs {
namespace {

constexpr std::size_t kMaxKeyBytes = 200;

// SHA-256 of the spec as submitted; maps in a fixed order, so that the same spec has the same digest.
std::string digest_of(const v1::JobSpec& spec) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    spec.SerializeToCodedStream(&coded);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

absl::Status key_reused(const std::string& job_id) {
  return make_error(absl::StatusCode::kAlreadyExists, "IDEMPOTENCY_KEY_REUSED",
                    "the idempotency key was used for another submission, job " + job_id,
                    "Use a new key for a new submission.");
}

store::ScheduledRun scheduled_of(const PlannedRun& planned, const v1::Job& job, const std::string& run_id) {
  store::ScheduledRun scheduled;
  scheduled.pinned_board_id = planned.pinned_board_id;
  scheduled.required_label = planned.required_label;
  v1::Run& run = scheduled.run;
  run.set_job_id(job.job_id());
  run.set_model_sha256(planned.model_sha256);
  *run.mutable_create_time() = job.create_time();
  v1::RunSummary& summary = *run.mutable_summary();
  summary.set_run_id(run_id);
  summary.set_model_name(planned.model_name);
  summary.set_board_type(planned.board_type);
  summary.set_runtime(planned.runtime);
  summary.set_state(v1::RUN_STATE_QUEUED);
  if (planned.misfit.has_value()) {
    summary.set_state(v1::RUN_STATE_FINISHED);
    summary.set_outcome(v1::OUTCOME_USER_ERROR);
    summary.set_reason(planned.misfit->reason);
    summary.set_message(planned.misfit->message);
  }
  return scheduled;
}

// The job as it is right after it was accepted.
v1::Job accepted_job(const store::NewJob& accepted) {
  v1::Job job = accepted.job;
  job.set_state(v1::RUN_STATE_FINISHED);
  v1::Outcome worst = v1::OUTCOME_SUCCEEDED;
  for (const store::ScheduledRun& scheduled : accepted.runs) {
    *job.add_runs() = scheduled.run.summary();
    if (scheduled.run.summary().state() == v1::RUN_STATE_QUEUED) job.set_state(v1::RUN_STATE_QUEUED);
    worst = store::worse_of(worst, scheduled.run.summary().outcome());
  }
  if (job.state() == v1::RUN_STATE_FINISHED) {
    job.set_outcome(worst);
    *job.mutable_finish_time() = job.create_time();
  }
  return job;
}

}  // namespace

void JobQueue::Core::submit(v1::JobSpec spec, std::string idempotency_key, store::DoneWith<v1::SubmitJobResponse> done,
                            std::uint32_t most_unfinished_jobs) {
  if (idempotency_key.size() > kMaxKeyBytes) {
    done(make_error(absl::StatusCode::kInvalidArgument, "IDEMPOTENCY_KEY_TOO_LONG",
                    "the idempotency key has " + std::to_string(idempotency_key.size()) + " bytes, at most " +
                        std::to_string(kMaxKeyBytes) + " are taken"));
    return;
  }
  auto new_job = std::make_shared<store::NewJob>();
  new_job->spec_digest = digest_of(spec);
  if (!idempotency_key.empty()) {
    // Before planning: a job that was accepted stays accepted, whatever the farm looks like now.
    const auto known = store_.find_submission(idempotency_key);
    if (!known.ok()) {
      done(known.status());
      return;
    }
    if (known->has_value()) {
      if ((*known)->spec_digest == new_job->spec_digest) {
        answer_known((*known)->job_id, std::move(done));
      } else {
        done(key_reused((*known)->job_id));
      }
      return;
    }
  }
  if (absl::Status intake = store_.intake(); !intake.ok()) {
    done(std::move(intake));
    return;
  }
  absl::StatusOr<JobPlan> plan = planner_(spec);
  if (!plan.ok()) {
    done(plan.status());
    return;
  }
  new_job->idempotency_key = std::move(idempotency_key);
  new_job->most_unfinished_jobs = most_unfinished_jobs;
  new_job->job.set_job_id(ids_.next("j-"));
  *new_job->job.mutable_spec() = std::move(plan->spec);
  *new_job->job.mutable_create_time() = store::timestamp_of(clock_.now());
  for (v1::SkippedCell& cell : plan->skipped_cells) *new_job->job.add_skipped_cells() = std::move(cell);
  new_job->runs.reserve(plan->runs.size());
  for (const PlannedRun& planned : plan->runs) {
    new_job->runs.push_back(scheduled_of(planned, new_job->job, ids_.next("r-")));
  }
  store_.accept_job(*new_job, [self = shared_from_this(), new_job,
                               done = std::move(done)](absl::StatusOr<store::AcceptedJob> accepted) mutable {
    self->submitted(std::move(new_job), std::move(accepted), std::move(done));
  });
}

void JobQueue::Core::answer_known(const std::string& job_id, store::DoneWith<v1::SubmitJobResponse> done) const {
  absl::StatusOr<v1::Job> known = job(job_id);
  if (!known.ok()) {
    done(known.status());
    return;
  }
  v1::SubmitJobResponse response;
  *response.mutable_job() = *std::move(known);
  response.set_already_submitted(true);
  done(std::move(response));
}

void JobQueue::Core::submitted(std::shared_ptr<store::NewJob> new_job, absl::StatusOr<store::AcceptedJob> accepted,
                               store::DoneWith<v1::SubmitJobResponse> done) {
  if (!accepted.ok()) {
    done(accepted.status());
    return;
  }
  if (accepted->already_submitted) {
    answer_known(accepted->job_id, std::move(done));
    return;
  }
  v1::SubmitJobResponse response;
  *response.mutable_job() = accepted_job(*new_job);
  {
    const std::lock_guard lock(mutex_);
    add_job(response.job());
    JobEntry& job = jobs_.at(accepted->job_id);
    publish_job(job);
    for (store::ScheduledRun& scheduled : new_job->runs) {
      if (scheduled.run.summary().state() == v1::RUN_STATE_FINISHED) {
        RunEntry finished;
        finished.scheduled = std::move(scheduled);
        publish_run(finished);
        tell_if_finished(finished);
        continue;
      }
      const std::string run_id = scheduled.run.summary().run_id();
      RunEntry& run = add_run(std::move(scheduled));
      make_waiting(run_id, run);
      publish_run(run);
    }
    if (job.run_ids.empty()) forget_job(job);
  }
  done(std::move(response));
  call_work_hook();
}

}  // namespace tinyrig::jobs
