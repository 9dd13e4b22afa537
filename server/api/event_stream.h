// A gRPC server stream that is fed by the event bus: outbox, feed and the server's list of live streams,
// tied together once for all streaming methods.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/api/event_feed.h"
#include "server/api/open_stream.h"
#include "server/api/outbox.h"
#include "server/api/service_context.h"

namespace tinyrig::api {

/// What one method makes of the events. Called on the stream's strand only.
template <class Response>
class EventTranslator {
 public:
  virtual ~EventTranslator() = default;
  /// After the subscription, so that nothing is missed: pushes what comes first, or closes.
  virtual void begin(Outbox<Response>& outbox) = 0;
  /// At most two messages per event.
  virtual void translate(Outbox<Response>& outbox, v1::Event event) = 0;
};

/// Gives the reactor to return from the handler.
template <class Response, class Request>
grpc::ServerWriteReactor<Response>* stream_events(grpc::CallbackServerContext* context, ServiceContext& services,
                                                  const Request*, std::uint64_t after, events::Filter filter,
                                                  std::shared_ptr<EventTranslator<Response>> translator) {
  constexpr std::size_t kQueuedMessages = 256;  // twice a batch of the feed: nothing is dropped here
  const boost::asio::any_io_executor strand = boost::asio::make_strand(services.executor);
  const auto outbox = Outbox<Response>::make(context, strand, kQueuedMessages);
  boost::asio::post(strand, [=, &services, filter = std::move(filter)] {
    const absl::StatusOr<OpenedStream> opened = open_stream<Request>(*context, services, outbox);
    if (!opened.ok()) return outbox->close(opened.status());
    const auto feed = std::make_shared<EventFeed>(strand);
    feed->set_consumer([outbox, translator, strand, weak = std::weak_ptr(feed)](std::vector<v1::Event> events) {
      for (v1::Event& event : events) translator->translate(*outbox, std::move(event));
      if (!outbox->idle()) return;  // on_drained asks for more
      boost::asio::post(strand, [weak] {
        if (const auto again = weak.lock()) again->more();
      });
    });
    outbox->on_drained([feed] { feed->more(); });
    outbox->on_ended([feed, live = opened->live, streams = services.streams] {
      feed->stop();
      streams->remove(live);
    });
    feed->start(services.events, after, filter);
    translator->begin(*outbox);
    if (outbox->idle()) feed->more();
  });
  return outbox.get();
}

}  // namespace tinyrig::api
