// Events of one subscription, brought to a strand batch by batch, each when the consumer has room: the bus
// keeps what waits and is the only one that drops. Used by the gRPC streams and the WebSocket alike.
//
// Confined to `strand`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "server/events/event_bus.h"
#include "tinyrig/v1/event.pb.h"

namespace tinyrig::api {

class EventFeed : public std::enable_shared_from_this<EventFeed> {
 public:
  /// Gets one batch, never empty; the next one comes after more().
  using Consumer = std::function<void(std::vector<v1::Event>)>;

  explicit EventFeed(boost::asio::any_io_executor strand);

  void set_consumer(Consumer consumer);
  /// Subscribes; nothing is delivered before the first more(). `after`, `filter`: see EventBus::subscribe.
  void start(events::EventBus& bus, std::uint64_t after, events::Filter filter);
  /// The consumer has room for a batch.
  void more();
  /// Ends it; the consumer is not called again.
  void stop();

 private:
  void pump();

  const boost::asio::any_io_executor strand_;
  Consumer consumer_;
  std::unique_ptr<events::Subscription> subscription_;
  bool wanted_ = false;
};

}  // namespace tinyrig::api
