// tinyrig leaderboard.
#include "client/commands.h"
#include "client/format.h"
#include "client/leaderboard_text.h"
#include "tinyrig/v1/leaderboard.grpc.pb.h"

namespace tinyrig::client {

ExitCode leaderboard(const GlobalOptions& global, const LeaderboardOptions& options) {
  const Connection connection(global.server);
  const auto stub = connection.stub<v1::LeaderboardService>();
  v1::QueryLeaderboardRequest request;
  request.set_model(options.model);
  request.set_board_type(options.board_type);
  request.set_runtime(options.runtime);
  request.set_page_size(options.limit);
  v1::QueryLeaderboardResponse response;
  const ExitCode called = connection.call(*stub, &v1::LeaderboardService::Stub::QueryLeaderboard, request, &response);
  if (called != kOk) return called;
  const bool filtered = !options.model.empty() || !options.board_type.empty() || !options.runtime.empty();
  if (!global.json && filtered && response.groups().empty())
    return print("no results for this filter\n") ? kOk : kUnavailable;
  return print(global.json ? to_json(response) : leaderboard_text(response)) ? kOk : kUnavailable;
}

}  // namespace tinyrig::client
