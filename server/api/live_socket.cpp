#include "server/api/live_socket.h"

#include <google/protobuf/util/json_util.h>

#include <boost/asio/post.hpp>
#include <charconv>
#include <string_view>
#include <utility>

#include "server/api/error_mapping.h"
#include "server/api/json_gateway.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

constexpr std::uint16_t kPolicyViolation = 1008;

}  // namespace

absl::StatusOr<LivePosition> parse_live_position(const std::string& query) {
  LivePosition position;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    bool good = !value.empty() && value.size() <= 32;
    if (key == "after") {
      std::uint64_t sequence = 0;
      const auto [parsed_to, error] = std::from_chars(value.data(), value.data() + value.size(), sequence);
      good = good && error == std::errc() && parsed_to == value.data() + value.size();
      position.after_sequence = sequence;
    } else if (key == "epoch") {
      position.epoch = std::string(value);
    } else {
      good = false;
    }
    if (!good) {
      return make_error(absl::StatusCode::kInvalidArgument, "LIVE_POSITION_INVALID",
                        "\"" + clean_text(std::string(part), 60) + "\" says not where to resume",
                        "use /ws?after=SEQUENCE&epoch=EPOCH with the numbers of the last event, or plain /ws");
    }
  }
  return position;
}

void LiveSocket::on_open(std::shared_ptr<WebSocket> socket) {
  socket_ = std::move(socket);
  const auto live =
      streams_->add(token_id_, [strand = socket_->executor(), weak = std::weak_ptr(socket_)](const absl::Status& why) {
        if (absl::IsUnavailable(why)) return;  // a stopping HTTP server ends its sockets itself
        boost::asio::post(strand, [weak, reason = reason_of(why)] {
          if (const auto open = weak.lock()) open->close(kPolicyViolation, reason);
        });
      });
  if (!live.ok()) return socket_->close(kPolicyViolation, reason_of(live.status()));
  live_ = *live;
  const std::uint64_t newest = events_.last_sequence();
  std::uint64_t after = position_.after_sequence.value_or(newest);
  // A number of another life of the daemon means nothing here: 1 is too old for any ring, hence a resync.
  if (!position_.epoch.empty() && position_.epoch != events_.epoch()) after = 1;
  if (!position_.after_sequence.has_value()) {
    v1::Event greeting;
    greeting.set_sequence(newest);
    greeting.set_epoch(events_.epoch());
    send_all({greeting});
  }
  subscribe(std::max<std::uint64_t>(after, 1));
}

void LiveSocket::on_message(std::string text) {
  if (feed_ == nullptr) return;  // it is being closed
  v1::SubscribeEventsRequest request;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &request);
  if (!parsed.ok() || request.after_sequence() == 0) {
    return socket_->close(kPolicyViolation, "send {\"afterSequence\": \"N\"} or nothing");
  }
  feed_->stop();
  subscribe(request.after_sequence());
}

void LiveSocket::on_drained() {
  if (feed_ != nullptr) feed_->more();
}

void LiveSocket::on_close() {
  if (feed_ != nullptr) feed_->stop();
  streams_->remove(live_);
  socket_.reset();
}

void LiveSocket::subscribe(std::uint64_t after) {
  feed_ = std::make_shared<EventFeed>(socket_->executor());
  // The feed is ours and ends with us: it may refer to us.
  feed_->set_consumer([this](std::vector<v1::Event> events) { send_all(events); });
  feed_->start(events_, after, nullptr);
  if (socket_->pending_bytes() == 0) feed_->more();  // else on_drained() asks
}

void LiveSocket::send_all(const std::vector<v1::Event>& events) {
  for (const v1::Event& event : events) {
    auto json = to_json(event);
    if (json.ok()) socket_->send(std::move(*json));
  }
}

}  // namespace tinyrig::api
