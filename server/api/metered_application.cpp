#include "server/api/metered_application.h"

#include <string>
#include <utility>

namespace tinyrig::api {
namespace {

class MeteredHandler final : public WebSocketHandler {
 public:
  MeteredHandler(std::shared_ptr<WebSocketHandler> handler, ApiObserver& observer)
      : handler_(std::move(handler)), observer_(observer) {}

  void on_open(std::shared_ptr<WebSocket> socket) override {
    open_ = true;
    observer_.on_http(101);
    observer_.on_websocket(true);
    handler_->on_open(std::move(socket));
  }
  void on_message(std::string text) override { handler_->on_message(std::move(text)); }
  void on_drained() override { handler_->on_drained(); }
  void on_close() override {
    if (std::exchange(open_, false)) observer_.on_websocket(false);
    handler_->on_close();
  }

 private:
  const std::shared_ptr<WebSocketHandler> handler_;
  ApiObserver& observer_;
  bool open_ = false;
};

}  // namespace

void MeteredApplication::handle(HttpRequest request, HttpReply reply) {
  if (observer_ == nullptr) return application_.handle(std::move(request), std::move(reply));
  application_.handle(std::move(request), [this, reply = std::move(reply)](HttpResponse response) {
    observer_->on_http(response.status);
    reply(std::move(response));
  });
}

std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> MeteredApplication::upgrade(const HttpRequest& request) {
  auto decided = application_.upgrade(request);
  if (observer_ == nullptr) return decided;
  if (const auto* refusal = std::get_if<HttpResponse>(&decided)) {
    observer_->on_http(refusal->status);
    return decided;
  }
  return std::make_shared<MeteredHandler>(std::move(std::get<std::shared_ptr<WebSocketHandler>>(decided)), *observer_);
}

HttpResponse MeteredApplication::refuse(unsigned http_status, const absl::Status& why) {
  if (observer_ != nullptr) observer_->on_http(http_status);
  return application_.refuse(http_status, why);
}

}  // namespace tinyrig::api
