#include "server/api/live_streams.h"

#include <algorithm>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::api {
namespace {

absl::Status server_stopping() {
  return make_error(absl::StatusCode::kUnavailable, "SERVER_STOPPING", "the daemon stops",
                    "connect again when it is back; nothing is lost");
}

}  // namespace

absl::StatusOr<std::uint64_t> LiveStreams::add(const std::string& token_id,
                                               std::function<void(const absl::Status& why)> end) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = [&](const auto& stream) { return stream.second.token_id == token_id; };
    if (!token_id.empty() &&
        std::count_if(streams_.begin(), streams_.end(), same) >= static_cast<std::ptrdiff_t>(kMostOfOneToken)) {
      return make_error(absl::StatusCode::kResourceExhausted, "TOO_MANY_STREAMS",
                        "the token " + token_id + " has " + std::to_string(kMostOfOneToken) + " streams open already",
                        "End some of them: watches, consoles, pages of the dashboard.");
    }
    const std::uint64_t id = ++last_id_;
    if (!ended_) {
      streams_.emplace(id, Stream{token_id, std::move(end)});
      return id;
    }
  }
  end(server_stopping());
  return 0;
}

void LiveStreams::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  streams_.erase(id);
}

void LiveStreams::end_all() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const auto& [id, stream] : streams_) stream.end(server_stopping());
}

void LiveStreams::end_of_token(const std::string& token_id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, stream] : streams_) {
    if (stream.token_id == token_id) {
      stream.end(make_error(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED", "the token was revoked",
                            "Ask an admin for a new one: tinyrig admin token create."));
    }
  }
}

}  // namespace tinyrig::api
