// BoardService: the farm as the directory knows it, and who keeps which board out of the queue.
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "server/api/services.h"
#include "server/api/unary.h"
#include "server/base/clean_text.h"
#include "server/base/status_macros.h"
#include "server/boards/board_directory.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"
#include "tinyrig/v1/board.grpc.pb.h"

namespace tinyrig::api {
namespace {

constexpr std::size_t kMostTextBytes = 200;

absl::Duration duration_of(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

template <class Request>
std::string who(const access::Caller& caller, const Request& request) {
  return clean_text(access::name_of(caller, request.owner().empty() ? "somebody" : request.owner()), kMostTextBytes);
}

// Who and why, made clean text.
template <class Request>
jobs::HoldRequest hold_request(const access::Caller& caller, const Request& request, v1::HoldKind kind) {
  jobs::HoldRequest hold;
  hold.board_id = request.board_id();
  hold.kind = kind;
  hold.owner = who(caller, request);
  hold.reason = clean_text(request.reason(), kMostTextBytes);
  return hold;
}

class BoardService final : public v1::BoardService::CallbackService {
 public:
  explicit BoardService(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* ListBoards(grpc::CallbackServerContext* call, const v1::ListBoardsRequest* request,
                                       v1::ListBoardsResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(const auto boards, context_.boards.select(request->selector()));
      for (const v1::Board& board : boards) *response->add_boards() = with_hold(board);
      const absl::Status intake = context_.store.intake();
      if (!intake.ok()) {
        response->set_work_stopped_message(std::string(intake.message()));
      } else if (context_.jobs.unsaved_ends() > 0) {
        response->set_work_stopped_message("results wait in memory until the daemon's disk has room for them");
      }
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* GetBoard(grpc::CallbackServerContext* call, const v1::GetBoardRequest* request,
                                     v1::GetBoardResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_ASSIGN_OR_RETURN(v1::Board board, context_.boards.find(request->board_id()));
      *response->mutable_board() = with_hold(std::move(board));
      TINYRIG_ASSIGN_OR_RETURN(*response->mutable_type(), context_.boards.find_type(response->board().board_type()));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ListBoardTypes(grpc::CallbackServerContext* call, const v1::ListBoardTypesRequest* request,
                                           v1::ListBoardTypesResponse* response) override {
    return answer(call, context_, request, response, [this, response] {
      for (const v1::BoardType& type : context_.boards.types()) *response->add_board_types() = type;
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* ReserveBoard(grpc::CallbackServerContext* call, const v1::ReserveBoardRequest* request,
                                         v1::ReserveBoardResponse* response) override {
    return hold_later(call, request, response, [this, request, response](const access::Caller& caller, HoldDone done) {
      auto told = [response, done = std::move(done)](absl::StatusOr<store::BoardHold> hold) mutable {
        if (hold.ok()) response->set_token(hold->token);
        done(std::move(hold));
      };
      if (!request->token().empty()) {
        return context_.holds.renew(request->board_id(), request->token(), duration_of(request->duration()),
                                    std::move(told));
      }
      jobs::HoldRequest hold = hold_request(caller, *request, v1::HOLD_KIND_RESERVED);
      hold.duration = duration_of(request->duration());
      context_.holds.hold(std::move(hold), std::move(told));
    });
  }

  grpc::ServerUnaryReactor* DrainBoard(grpc::CallbackServerContext* call, const v1::DrainBoardRequest* request,
                                       v1::DrainBoardResponse* response) override {
    return hold_later(call, request, response, [this, request](const access::Caller& caller, HoldDone done) {
      context_.holds.hold(hold_request(caller, *request, v1::HOLD_KIND_MAINTENANCE), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* QuarantineBoard(grpc::CallbackServerContext* call,
                                            const v1::QuarantineBoardRequest* request,
                                            v1::QuarantineBoardResponse* response) override {
    return hold_later(call, request, response, [this, request](const access::Caller& caller, HoldDone done) {
      jobs::HoldRequest hold = hold_request(caller, *request, v1::HOLD_KIND_QUARANTINED);
      if (request->has_duration()) hold.duration = duration_of(request->duration());
      context_.holds.hold(std::move(hold), std::move(done));
    });
  }

  grpc::ServerUnaryReactor* ReleaseBoard(grpc::CallbackServerContext* call, const v1::ReleaseBoardRequest* request,
                                         v1::ReleaseBoardResponse* response) override {
    return answer_later(
        call, context_, request, response, [this, request, response](const access::Caller& caller, Finisher finish) {
          if (absl::Status known = context_.boards.find(request->board_id()).status(); !known.ok())
            return finish(known);
          if (absl::Status may = check_release(caller, *request); !may.ok()) return finish(may);
          context_.holds.release(request->board_id(), request->token(), request->force(), who(caller, *request),
                                 [this, request, response, finish](absl::Status released) {
                                   if (released.ok()) set_board(request->board_id(), response);
                                   finish(std::move(released));
                                 });
        });
  }

  grpc::ServerUnaryReactor* ListBoardLog(grpc::CallbackServerContext* call, const v1::ListBoardLogRequest* request,
                                         v1::ListBoardLogResponse* response) override {
    return answer(call, context_, request, response, [this, request, response]() -> absl::Status {
      TINYRIG_RETURN_IF_ERROR(context_.boards.find(request->board_id()).status());
      TINYRIG_ASSIGN_OR_RETURN(const auto lines, context_.store.board_log(request->board_id(), request->limit()));
      for (const v1::BoardLogLine& line : lines) *response->add_lines() = line;
      return absl::OkStatus();
    });
  }

 private:
  using HoldDone = store::DoneWith<store::BoardHold>;

  // Whoever knows the token of a reservation may give it back; the rest is for operators.
  absl::Status check_release(const access::Caller& caller, const v1::ReleaseBoardRequest& request) {
    const std::optional<v1::Hold> hold = context_.holds.hold_of(request.board_id());
    const bool reserved = !hold.has_value() || hold->kind() == v1::HOLD_KIND_RESERVED;
    if (reserved && !request.force()) return absl::OkStatus();
    return access::check_role(caller, v1::ROLE_OPERATOR, request.force() ? "ReleaseBoard by force" : "ReleaseBoard");
  }

  // A board's keeper sees a new hold only when what the board runs has ended.
  v1::Board with_hold(v1::Board board) {
    board.clear_hold();
    if (std::optional<v1::Hold> hold = context_.holds.hold_of(board.id()); hold.has_value()) {
      *board.mutable_hold() = *std::move(hold);
    }
    return board;
  }

  template <class Response>
  void set_board(const std::string& board_id, Response* response) {
    absl::StatusOr<v1::Board> board = context_.boards.find(board_id);
    if (board.ok()) *response->mutable_board() = with_hold(*std::move(board));
  }

  // Answers when the hold that `take` asks for is durable.
  template <class Request, class Response, class Take>
  grpc::ServerUnaryReactor* hold_later(grpc::CallbackServerContext* call, const Request* request, Response* response,
                                       Take take) {
    return answer_later(call, context_, request, response, [=, this](const access::Caller& caller, Finisher finish) {
      const std::string board_id = request->board_id();
      if (absl::Status known = context_.boards.find(board_id).status(); !known.ok()) return finish(known);
      take(caller, [this, board_id, response, finish](const absl::StatusOr<store::BoardHold>& hold) {
        if (hold.ok()) set_board(board_id, response);
        finish(hold.status());
      });
    });
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_board_service(ServiceContext& context) {
  return std::make_unique<BoardService>(context);
}

}  // namespace tinyrig::api
