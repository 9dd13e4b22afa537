// tinyrig boards, tinyrig version: the farm and the daemon.
#include "client/commands.h"
#include "client/format.h"
#include "client/table.h"
#include "client/version.h"
#include "tinyrig/v1/board.grpc.pb.h"
#include "tinyrig/v1/system.grpc.pb.h"

namespace tinyrig::client {
namespace {

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "" : ",") + label;
  return text.empty() ? "-" : text;
}

ExitCode print_types(const Connection& connection, v1::BoardService::Stub& stub, bool json) {
  v1::ListBoardTypesResponse response;
  const ExitCode called =
      connection.call(stub, &v1::BoardService::Stub::ListBoardTypes, v1::ListBoardTypesRequest(), &response);
  if (called != kOk) return called;
  if (json) return print(to_json(response)) ? kOk : kUnavailable;
  Table table({{"TYPE"},
               {"CORE"},
               {"CLOCK", Table::Align::kRight},
               {"MODEL RAM", Table::Align::kRight},
               {"MODEL SLOT", Table::Align::kRight},
               {"TIMING"},
               {"LABELS"},
               {"NAME"}});
  for (const v1::BoardType& type : response.board_types()) {
    table.add({type.id(), type.core(), hertz(type.clock_hz()), bytes(type.model_ram_bytes()),
               type.model_slot_bytes() == 0 ? "-" : bytes(type.model_slot_bytes()),
               tick_unit(type.tick_unit(), type.emulated()), joined(type.labels()), type.display_name()});
  }
  return print(table.text()) ? kOk : kUnavailable;
}

std::string work_of(const v1::Board& board) {
  if (board.current_run_id().empty()) return "-";
  std::string text = board.current_run_id();
  if (!board.current_step().empty()) text += " " + board.current_step();
  return text;
}

// Why boards are not as they should be: too long for a table.
std::string reasons(const v1::ListBoardsResponse& response) {
  std::string text;
  for (const v1::Board& board : response.boards()) {
    if (board.health() == v1::HEALTH_GOOD || board.health_reason().empty()) continue;
    text += printable(board.id() + " is " + health(board.health()) + ": " + board.health_reason()) + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

ExitCode boards(const GlobalOptions& global, const BoardsOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::BoardService>();
  if (options.types) return print_types(connection, *stub, global.json);
  v1::ListBoardsRequest request;
  request.set_selector(options.selector);
  v1::ListBoardsResponse response;
  const ExitCode called = connection.call(*stub, &v1::BoardService::Stub::ListBoards, request, &response);
  if (called != kOk) return called;
  if (global.json) return print(to_json(response)) ? kOk : kUnavailable;
  Table table(
      {{"BOARD"}, {"TYPE"}, {"ACTIVITY"}, {"HEALTH"}, {"RUNTIMES"}, {"IDENTITY"}, {"INSTRUMENT"}, {"LABELS"}, {"NOW"}});
  for (const v1::Board& board : response.boards()) {
    std::string state = health(board.health());
    if (!board.health_code().empty()) state += " " + board.health_code();
    std::string identity = board.agent().unit_id().empty() ? "-" : short_digest(board.agent().unit_id());
    if (board.identity_weak()) identity = "weak";
    table.add({board.id(), board.board_type() + (board.emulated() ? " (emulated)" : ""), activity(board.activity()),
               state, runtimes(board.agent()), identity, board.instrument().empty() ? "-" : board.instrument(),
               joined(board.labels()), work_of(board)});
  }
  std::string stopped;
  if (!response.work_stopped_message().empty()) {
    stopped =
        printable("\nNo board gets work: " + response.work_stopped_message() + ". `tinyrig admin storage` says more") +
        "\n";
  }
  return print(table.text() + reasons(response) + stopped) ? kOk : kUnavailable;
}

ExitCode version(const GlobalOptions& global) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::SystemService>();
  v1::GetVersionResponse response;
  const ExitCode called =
      connection.call(*stub, &v1::SystemService::Stub::GetVersion, v1::GetVersionRequest(), &response);
  if (called != kOk) return called;
  if (global.json) {
    return print(std::string("{\"client\": {\"version\": \"") + kClientVersion +
                 "\"}, \"server\": " + to_json(response) + "}\n")
               ? kOk
               : kUnavailable;
  }
  return print(std::string("client         ") + kClientVersion + "\nserver         " + response.server_version() +
               " at " + connection.server() + "\nAPI            " + response.api_version() + "\nlink protocol  " +
               std::to_string(response.link_protocol_version()) + "\npacked format  " +
               std::to_string(response.packed_format_version()) + "\nschema         " +
               std::to_string(response.schema_version()) + "\nstarted        " + time(response.start_time()) +
               "\nboards         " + std::to_string(response.boards()) + ", " + std::to_string(response.boards_idle()) +
               " idle\nruns queued    " + std::to_string(response.runs_queued()) + "\n")
             ? kOk
             : kUnavailable;
}

}  // namespace tinyrig::client
