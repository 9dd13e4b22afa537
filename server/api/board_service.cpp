// BoardService: the farm as the directory knows it.
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/status_macros.h"
#include "server/boards/board_directory.h"
#include "tinyrig/v1/board.grpc.pb.h"

namespace tinyrig::api {
namespace {

class BoardService final : public v1::BoardService::CallbackService {
 public:
  explicit BoardService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListBoards(grpc::CallbackServerContext* call, const v1::ListBoardsRequest* request,
                                       v1::ListBoardsResponse* response) override {
    return answer(call, context_.executor, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(const auto boards, context_.boards.select(request->selector()));
      for (const v1::Board& board : boards) *response->add_boards() = board;
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* GetBoard(grpc::CallbackServerContext* call, const v1::GetBoardRequest* request,
                                     v1::GetBoardResponse* response) override {
    return answer(call, context_.executor, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_board(), context_.boards.find(request->board_id()));
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_type(), context_.boards.find_type(response->board().board_type()));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ListBoardTypes(grpc::CallbackServerContext* call, const v1::ListBoardTypesRequest*,
                                           v1::ListBoardTypesResponse* response) override {
    return answer(call, context_.executor, [this, response] {
      for (const v1::BoardType& type : context_.boards.types()) *response->add_board_types() = type;
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_board_service(ServiceContext& context) {
  return std::make_unique<BoardService>(context);
}

}  // namespace tinyrig::api
