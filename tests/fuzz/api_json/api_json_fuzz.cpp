// The whole way of an HTTP request up to the services: Beast's parser, the rules of access, the method's
// descriptor, protobuf's JSON. What is accepted must print and parse back to the same message.
#include <google/protobuf/util/json_util.h>

#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <cstdlib>

#include "server/api/http/access_rules.h"
#include "server/api/http/beast_message.h"
#include "server/api/json_gateway.h"
#include "server/api/live_socket.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/leaderboard.pb.h"
#include "tinyrig/v1/model.pb.h"
#include "tinyrig/v1/run.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = boost::beast::http;
  using namespace tinyrig;
  // Their descriptors must be linked in.
  static const v1::ListBoardsRequest kBoards;
  static const v1::SubmitJobRequest kJobs;
  static const v1::QueryLeaderboardRequest kLeaderboard;
  static const v1::GetModelRequest kModels;
  static const v1::GetRunRequest kRuns;

  http::request_parser<http::string_body> parser;
  parser.header_limit(16 * 1024);
  parser.body_limit(1024 * 1024);
  parser.eager(true);
  boost::system::error_code error;
  std::size_t used = 0;
  while (used < size && !error && !parser.is_done()) {
    const std::size_t taken = parser.put(boost::asio::buffer(data + used, size - used), error);
    used += taken;
    if (taken == 0) break;
  }
  if (!parser.is_header_done()) return 0;
  const api::HttpRequest request = api::from_beast(parser.release());
  const bool allowed = api::check_host(request, {}).ok() && api::check_origin(request, {}).ok();
  (void)api::parse_live_position(request.query);
  if (!allowed || !api::check_json_content_type(request).ok()) return 0;
  const auto call = api::parse_json_call(request);
  if (!call.ok()) return 0;
  const auto json = api::to_json(*call->request);
  if (!json.ok()) return 0;  // a Timestamp out of range parses but does not print
  const std::unique_ptr<google::protobuf::Message> again(call->request->New());
  if (!google::protobuf::util::JsonStringToMessage(*json, again.get()).ok()) std::abort();
  if (again->SerializeAsString().size() != call->request->SerializeAsString().size()) std::abort();
  return 0;
}
