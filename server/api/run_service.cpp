// RunService: what was measured, from the store, with what only the queue knows of runs under way.
#include "server/api/capture_export.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/status_macros.h"
#include "server/export/export_profile.h"
#include "server/jobs/job_queue.h"
#include "server/store/columns.h"
#include "server/store/store.h"
#include "tinyrig/v1/run.grpc.pb.h"

namespace tinyrig::api {
namespace {

class RunService final : public v1::RunService::CallbackService {
 public:
  explicit RunService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* call, const v1::GetRunRequest* request,
                                   v1::GetRunResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_run(), context_.jobs.run(request->run_id()));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* call, const v1::ListRunsRequest* request,
                                     v1::ListRunsResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(store::RunPage page, context_.store.list_runs(*request));
      for (v1::Run& run : page.runs) {
        context_.jobs.overlay(run.mutable_summary());
        *response->add_runs() = std::move(run);
      }
      response->set_next_page_token(page.next_page_token);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ExportRun(grpc::CallbackServerContext* call, const v1::ExportRunRequest* request,
                                      v1::ExportRunResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_run(), context_.jobs.run(request->run_id()));
      TINYRIG_ASSIGN_OR_RETURN(const auto sessions, context_.store.samples(request->run_id()));
      for (const v1::SessionSamples& session : sessions) *response->add_samples() = session;
      TINYRIG_ASSIGN_OR_RETURN(const auto removed, context_.store.samples_removed(request->run_id()));
      if (removed.has_value()) *response->mutable_samples_removed_time() = store::timestamp_of(*removed);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ExportProfile(grpc::CallbackServerContext* call, const v1::ExportProfileRequest* request,
                                          v1::ExportProfileResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(const v1::Run run, context_.jobs.run(request->run_id()));
      TINYRIG_ASSIGN_OR_RETURN(*response, exporting::export_profile(run, request->format()));
      return absl::OkStatus();
    });
  }

  grpc::ServerWriteReactor<v1::ExportCaptureResponse>* ExportCapture(grpc::CallbackServerContext* call,
                                                                     const v1::ExportCaptureRequest* request) override {
    return export_capture(call, context_, request);
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_run_service(ServiceContext& context) {
  return std::make_unique<RunService>(context);
}

}  // namespace tinyrig::api
