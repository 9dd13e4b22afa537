// Live events on one WebSocket: each message is a tinyrig.v1.Event in protobuf's JSON.
//
// The first message has no kind: its sequence is the number of the newest event, so that a client that has
// seen nothing yet can resume, too. GET /ws?after=SEQUENCE&epoch=EPOCH resumes; so does a text message
// {"afterSequence": "SEQUENCE"} (a SubscribeEventsRequest). What cannot be resumed begins with a resync event.
// A slow client loses its oldest events and is told by a resync, never the daemon's memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/event_feed.h"
#include "server/api/http/http_server.h"
#include "server/api/live_streams.h"

namespace tinyrig::api {

/// Where a client wants to go on. Nothing: from now on.
struct LivePosition {
  std::optional<std::uint64_t> after_sequence;
  std::string epoch;
};

/// From a query "after=7&epoch=ab12". INVALID_ARGUMENT (LIVE_POSITION_INVALID).
absl::StatusOr<LivePosition> parse_live_position(const std::string& query);

class LiveSocket final : public WebSocketHandler, public std::enable_shared_from_this<LiveSocket> {
 public:
  /// `token_id`: whose socket it is, so that it ends when that is revoked.
  LiveSocket(events::EventBus& events, std::shared_ptr<LiveStreams> streams, std::string token_id,
             LivePosition position)
      : events_(events), streams_(std::move(streams)), token_id_(std::move(token_id)), position_(std::move(position)) {}

  void on_open(std::shared_ptr<WebSocket> socket) override;
  void on_message(std::string text) override;
  void on_drained() override;
  void on_close() override;

 private:
  void subscribe(std::uint64_t after);
  void send_all(const std::vector<v1::Event>& events);

  events::EventBus& events_;
  const std::shared_ptr<LiveStreams> streams_;
  const std::string token_id_;
  const LivePosition position_;
  std::uint64_t live_ = 0;
  std::shared_ptr<WebSocket> socket_;
  std::shared_ptr<EventFeed> feed_;
};

}  // namespace tinyrig::api
