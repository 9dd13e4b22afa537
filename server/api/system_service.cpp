// SystemService: what runs here, and how busy it is.
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/boards/board_directory.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"
#include "tinyrig/v1/system.grpc.pb.h"
#include "wire/link/frame.h"
#include "wire/packed_model/format.h"

namespace tinyrig::api {
namespace {

class SystemService final : public v1::SystemService::CallbackService {
 public:
  explicit SystemService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetVersion(grpc::CallbackServerContext* call, const v1::GetVersionRequest* request,
                                       v1::GetVersionResponse* response) override {
    return answer(call, context_, request, response, [this, response] {
      const auto boards = context_.boards.boards();
      std::uint32_t idle = 0;
      for (const v1::Board& board : boards) idle += board.activity() == v1::ACTIVITY_IDLE ? 1 : 0;
      response->set_server_version(context_.config.server_version);
      response->set_api_version("v1");
      response->set_link_protocol_version(link::kProtocolVersion);
      response->set_packed_format_version(packed::kVersion);
      response->set_schema_version(context_.store.schema_version());
      response->mutable_start_time()->set_seconds(absl::ToUnixSeconds(context_.start_time));
      response->set_boards(static_cast<std::uint32_t>(boards.size()));
      response->set_boards_idle(idle);
      response->set_runs_queued(static_cast<std::uint32_t>(context_.jobs.queued_runs()));
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_system_service(ServiceContext& context) {
  return std::make_unique<SystemService>(context);
}

}  // namespace tinyrig::api
