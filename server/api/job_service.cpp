// JobService: what users submit, watch and cancel.
#include "server/api/event_stream.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/status_macros.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"
#include "tinyrig/v1/job.grpc.pb.h"

namespace tinyrig::api {
namespace {

// The job as it is, then what happens to it, then the job again when it has finished.
class JobWatch final : public EventTranslator<v1::WatchJobResponse> {
 public:
  JobWatch(jobs::JobQueue& jobs, std::string job_id) : jobs_(jobs), job_id_(std::move(job_id)) {}

  static bool wants(const v1::Event& event, const std::string& job_id) {
    return event.has_resync() || event.job_id() == job_id || (event.has_job() && event.job().job_id() == job_id) ||
           (event.has_log() && event.log().job_id() == job_id);
  }

  void begin(Outbox<v1::WatchJobResponse>& outbox) override { push_job(outbox, false); }

  void translate(Outbox<v1::WatchJobResponse>& outbox, v1::Event event) override {
    v1::WatchJobResponse message;
    switch (event.kind_case()) {
      case v1::Event::kRun:
        *message.mutable_run() = std::move(*event.mutable_run());
        push(outbox, std::move(message));
        break;
      case v1::Event::kLog:
        *message.mutable_log() = std::move(*event.mutable_log());
        push(outbox, std::move(message));
        break;
      case v1::Event::kJob:
        if (event.job().state() == v1::RUN_STATE_FINISHED) push_job(outbox, true);
        break;
      case v1::Event::kResync:
        sequence_ += event.resync().dropped();
        push_job(outbox, false);
        break;
      default:
        break;
    }
  }

 private:
  void push(Outbox<v1::WatchJobResponse>& outbox, v1::WatchJobResponse message) {
    message.set_sequence(++sequence_);
    outbox.push(std::move(message));
  }

  void push_job(Outbox<v1::WatchJobResponse>& outbox, bool last) {
    auto job = jobs_.job(job_id_);
    if (!job.ok()) return outbox.close(job.status());
    last = last || job->state() == v1::RUN_STATE_FINISHED;
    v1::WatchJobResponse message;
    *message.mutable_job() = std::move(*job);
    push(outbox, std::move(message));
    if (last) outbox.close(absl::OkStatus());
  }

  jobs::JobQueue& jobs_;
  const std::string job_id_;
  std::uint64_t sequence_ = 0;
};

class JobService final : public v1::JobService::CallbackService {
 public:
  explicit JobService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* SubmitJob(grpc::CallbackServerContext* call, const v1::SubmitJobRequest* request,
                                      v1::SubmitJobResponse* response) override {
    return answer_later(call, context_, request, response,
                        [this, request, response](const access::Caller& caller, Finisher finish) {
                          if (absl::Status left = context_.access.quotas().check_board_time(caller); !left.ok())
                            return finish(left);
                          v1::JobSpec spec = request->spec();
                          spec.set_owner(access::name_of(caller, spec.owner()));
                          context_.jobs.submit(
                              std::move(spec), request->idempotency_key(),
                              [response, finish](absl::StatusOr<v1::SubmitJobResponse> submitted) {
                                if (submitted.ok()) *response = std::move(*submitted);
                                finish(submitted.status());
                              },
                              context_.access.quotas().most_unfinished_jobs(caller));
                        });
  }

  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* call, const v1::GetJobRequest* request,
                                   v1::GetJobResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_job(), context_.jobs.job(request->job_id()));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* call, const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(store::JobPage page,
                               context_.store.list_jobs(request->page_size(), request->page_token()));
      for (v1::Job& job : page.jobs) *response->add_jobs() = std::move(job);
      response->set_next_page_token(page.next_page_token);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* call, const v1::CancelJobRequest* request,
                                      v1::CancelJobResponse* response) override {
    return answer_later(
        call, context_, request, response, [this, request, response](const access::Caller& caller, Finisher finish) {
          if (!caller.unnamed()) {
            const absl::StatusOr<v1::Job> job = context_.jobs.job(request->job_id());
            if (!job.ok()) return finish(job.status());
            const absl::Status own = access::check_owner(caller, job->spec().owner(), "job " + job->job_id());
            if (!own.ok()) return finish(own);
          }
          context_.jobs.cancel(request->job_id(), [response, finish](absl::StatusOr<v1::Job> job) {
            if (job.ok()) *response->mutable_job() = std::move(*job);
            finish(job.status());
          });
        });
  }

  grpc::ServerWriteReactor<v1::WatchJobResponse>* WatchJob(grpc::CallbackServerContext* call,
                                                           const v1::WatchJobRequest* request) override {
    auto filter = [job_id = request->job_id()](const v1::Event& event) { return JobWatch::wants(event, job_id); };
    return stream_events<v1::WatchJobResponse>(call, context_, request, 0, std::move(filter),
                                               std::make_shared<JobWatch>(context_.jobs, request->job_id()));
  }

  grpc::ServerUnaryReactor* GetJobLogs(grpc::CallbackServerContext* call, const v1::GetJobLogsRequest* request,
                                       v1::GetJobLogsResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(auto lines, context_.store.job_logs(request->job_id()));
      for (v1::LogLine& line : lines) *response->add_lines() = std::move(line);
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_job_service(ServiceContext& context) {
  return std::make_unique<JobService>(context);
}

}  // namespace tinyrig::api
