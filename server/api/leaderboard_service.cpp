// LeaderboardService: the store ranks, this hands on.
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/status_macros.h"
#include "server/store/store.h"
#include "tinyrig/v1/leaderboard.grpc.pb.h"

namespace tinyrig::api {
namespace {

class LeaderboardService final : public v1::LeaderboardService::CallbackService {
 public:
  explicit LeaderboardService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* QueryLeaderboard(grpc::CallbackServerContext* call,
                                             const v1::QueryLeaderboardRequest* request,
                                             v1::QueryLeaderboardResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response, context_.store.leaderboard(*request));
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_leaderboard_service(ServiceContext& context) {
  return std::make_unique<LeaderboardService>(context);
}

}  // namespace tinyrig::api
