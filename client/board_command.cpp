// tinyrig board: one board, and keeping it out of the queue.
#include <algorithm>
#include <cstdint>
#include <string>

#include "client/board_text.h"
#include "client/borrowed_board.h"
#include "client/caller.h"
#include "client/commands.h"
#include "client/duration.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/table.h"
#include "tinyrig/v1/board.grpc.pb.h"

namespace tinyrig::client {
namespace {

// Calls, waits for the board unless told not to, and says what was done.
template <class Method, class Request, class Response>
ExitCode keep_board(const GlobalOptions& global, const HoldOptions& options, Method method, const Request& request,
                    Response* response) {
  InterruptWatch interrupt;
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::BoardService>();
  if (const ExitCode called = connection.call(*stub, method, request, response); called != kOk) return called;
  if (global.json) {
    if (!print(to_json(*response))) return kUnavailable;
  } else if (!print(printable(options.board) + " is " + printable(hold_text(response->board().hold())) + "\n")) {
    return kUnavailable;
  }
  if constexpr (requires { response->token(); }) {
    if (!global.json && !print("token " + response->token() +
                               "  (renew: tinyrig board reserve --token, end: tinyrig board release --token)\n")) {
      return kUnavailable;
    }
  }
  return options.no_wait ? kOk : wait_until_free(connection, options.board, interrupt);
}

template <class Request>
Request request_of(const HoldOptions& options) {
  Request request;
  request.set_board_id(options.board);
  request.set_owner(options.owner.empty() ? user_at_host() : options.owner);
  request.set_reason(options.reason);
  return request;
}

ExitCode bad_duration(const std::string& text) {
  return report_usage("--for " + printable(text) + ": give a number and s, m, h or d, such as 90m or 2h");
}

}  // namespace

ExitCode board_show(const GlobalOptions& global, const std::string& board_id) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::BoardService>();
  v1::GetBoardRequest request;
  request.set_board_id(board_id);
  v1::GetBoardResponse response;
  const ExitCode called = connection.call(*stub, &v1::BoardService::Stub::GetBoard, request, &response);
  if (called != kOk) return called;
  return print(global.json ? to_json(response) : board_text(response.board(), response.type())) ? kOk : kUnavailable;
}

ExitCode board_reserve(const GlobalOptions& global, const HoldOptions& options) {
  auto request = request_of<v1::ReserveBoardRequest>(options);
  const auto seconds = parse_duration(options.duration);
  if (!seconds.has_value()) return bad_duration(options.duration);
  request.mutable_duration()->set_seconds(*seconds);
  request.set_token(options.token);
  v1::ReserveBoardResponse response;
  return keep_board(global, options, &v1::BoardService::Stub::ReserveBoard, request, &response);
}

ExitCode board_drain(const GlobalOptions& global, const HoldOptions& options) {
  v1::DrainBoardResponse response;
  return keep_board(global, options, &v1::BoardService::Stub::DrainBoard, request_of<v1::DrainBoardRequest>(options),
                    &response);
}

ExitCode board_quarantine(const GlobalOptions& global, const HoldOptions& options) {
  auto request = request_of<v1::QuarantineBoardRequest>(options);
  if (!options.duration.empty()) {
    const auto seconds = parse_duration(options.duration);
    if (!seconds.has_value()) return bad_duration(options.duration);
    request.mutable_duration()->set_seconds(*seconds);
  }
  v1::QuarantineBoardResponse response;
  return keep_board(global, options, &v1::BoardService::Stub::QuarantineBoard, request, &response);
}

ExitCode board_release(const GlobalOptions& global, const HoldOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::BoardService>();
  v1::ReleaseBoardRequest request;
  request.set_board_id(options.board);
  request.set_token(options.token);
  request.set_force(options.force);
  request.set_owner(options.owner.empty() ? user_at_host() : options.owner);
  v1::ReleaseBoardResponse response;
  const ExitCode called = connection.call(*stub, &v1::BoardService::Stub::ReleaseBoard, request, &response);
  if (called != kOk) return called;
  return print(global.json ? to_json(response)
                           : printable(options.board) + " is released; it is checked before its next run\n")
             ? kOk
             : kUnavailable;
}

ExitCode board_log(const GlobalOptions& global, const std::string& board_id, std::uint32_t limit) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::BoardService>();
  v1::ListBoardLogRequest request;
  request.set_board_id(board_id);
  request.set_limit(limit);
  v1::ListBoardLogResponse response;
  const ExitCode called = connection.call(*stub, &v1::BoardService::Stub::ListBoardLog, request, &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  std::string text;
  for (const v1::BoardLogLine& entry : response.lines()) {
    text += time(entry.time()) + "  " + entry.level() +
            std::string(9 - std::min<std::size_t>(8, entry.level().size()), ' ') + printable(entry.text()) + "\n";
  }
  return print(text) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
