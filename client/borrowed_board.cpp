#include "client/borrowed_board.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "client/caller.h"
#include "client/format.h"
#include "client/table.h"
#include "tinyrig/v1/board.grpc.pb.h"

namespace tinyrig::client {
namespace {

constexpr std::chrono::milliseconds kLookAgainAfter{500};

void say_on_stderr(const std::string& text) { std::fprintf(stderr, "%s\n", printable(text).c_str()); }

}  // namespace

ExitCode wait_until_free(const Connection& connection, const std::string& board_id, InterruptWatch& interrupt) {
  const auto stub = connection.stub<v1::BoardService>();
  v1::GetBoardRequest request;
  request.set_board_id(board_id);
  std::string told;
  for (;;) {
    v1::GetBoardResponse response;
    const ExitCode called = connection.call(*stub, &v1::BoardService::Stub::GetBoard, request, &response);
    if (called != kOk) return called;
    const v1::Board& board = response.board();
    if (!board.has_hold() || board.activity() == v1::ACTIVITY_LEASED || board.activity() == v1::ACTIVITY_OFFLINE) {
      return kOk;
    }
    if (const std::string now = board.current_run_id(); !now.empty() && now != told) {
      say_on_stderr("waiting for run " + now + " to end on " + board_id);
      told = now;
    }
    interrupt.pause(kLookAgainAfter);
    if (interrupt.interrupted()) {
      say_on_stderr("no longer waiting; the board stays held");
      return kDetached;
    }
  }
}

BorrowedBoard::BorrowedBoard(const Connection& connection, InterruptWatch& interrupt, std::string board_id)
    : connection_(connection), interrupt_(interrupt) {
  access_.set_board_id(std::move(board_id));
}

ExitCode BorrowedBoard::take(const std::string& token, const std::string& owner, const std::string& reason,
                             std::int64_t seconds) {
  access_.set_owner(owner.empty() ? user_at_host() : owner);
  access_.set_token(token);
  if (!token.empty()) return kOk;
  const auto stub = connection_.stub<v1::BoardService>();
  v1::GetBoardRequest ask;
  ask.set_board_id(access_.board_id());
  v1::GetBoardResponse known;
  const ExitCode asked = connection_.call(*stub, &v1::BoardService::Stub::GetBoard, ask, &known);
  if (asked != kOk) return asked;
  const v1::HoldKind kind = known.board().hold().kind();
  if (kind == v1::HOLD_KIND_MAINTENANCE || kind == v1::HOLD_KIND_QUARANTINED) return kOk;

  v1::ReserveBoardRequest request;
  request.set_board_id(access_.board_id());
  request.set_owner(access_.owner());
  request.set_reason(reason);
  request.mutable_duration()->set_seconds(seconds);
  v1::ReserveBoardResponse response;
  const ExitCode called = connection_.call(*stub, &v1::BoardService::Stub::ReserveBoard, request, &response);
  if (called != kOk) return called;
  reserved_ = true;
  access_.set_token(response.token());
  say_on_stderr(access_.board_id() + " is reserved for you until " + time(response.board().hold().expire_time()));
  return wait_until_free(connection_, access_.board_id(), interrupt_);
}

BorrowedBoard::~BorrowedBoard() {
  if (!reserved_) return;
  const auto stub = connection_.stub<v1::BoardService>();
  v1::ReleaseBoardRequest request;
  request.set_board_id(access_.board_id());
  request.set_token(access_.token());
  request.set_owner(access_.owner());
  v1::ReleaseBoardResponse response;
  const std::optional<Failure> failure =
      connection_.try_call(*stub, &v1::BoardService::Stub::ReleaseBoard, request, &response);
  if (failure.has_value() && failure->reason == "BOARD_NOT_HELD") return;  // its time was over
  say_on_stderr(failure.has_value() ? access_.board_id() + " could not be released (" + failure->message +
                                          "); it is free when its time is over, or with: tinyrig board release " +
                                          access_.board_id() + " --token " + access_.token()
                                    : access_.board_id() + " is released; it is checked before its next run");
}

}  // namespace tinyrig::client
