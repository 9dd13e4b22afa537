// EventService: the bus, as a stream.
#include "server/api/event_stream.h"
#include "server/api/services.h"
#include "tinyrig/v1/event.grpc.pb.h"

namespace tinyrig::api {
namespace {

class EveryEvent final : public EventTranslator<v1::SubscribeEventsResponse> {
 public:
  void begin(Outbox<v1::SubscribeEventsResponse>&) override {}
  void translate(Outbox<v1::SubscribeEventsResponse>& outbox, v1::Event event) override {
    v1::SubscribeEventsResponse message;
    *message.mutable_event() = std::move(event);
    outbox.push(std::move(message));
  }
};

class EventService final : public v1::EventService::CallbackService {
 public:
  explicit EventService(ServiceContext& context) : context_(context) {}

  grpc::ServerWriteReactor<v1::SubscribeEventsResponse>* SubscribeEvents(
      grpc::CallbackServerContext* call, const v1::SubscribeEventsRequest* request) override {
    return stream_events<v1::SubscribeEventsResponse>(call, context_, request, request->after_sequence(), nullptr,
                                                      std::make_shared<EveryEvent>());
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_event_service(ServiceContext& context) {
  return std::make_unique<EventService>(context);
}

}  // namespace tinyrig::api
