// Tells an ApiObserver of every request that an application answers, and of every WebSocket it opens.
#pragma once

#include <memory>
#include <variant>

#include "server/api/api_observer.h"
#include "server/api/http/http_server.h"

namespace tinyrig::api {

class MeteredApplication final : public HttpApplication {
 public:
  /// Both outlive it, and the server whose application it is. `observer` may be null: nobody asks.
  MeteredApplication(HttpApplication& application, ApiObserver* observer)
      : application_(application), observer_(observer) {}

  void handle(HttpRequest request, HttpReply reply) override;
  std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> upgrade(const HttpRequest& request) override;
  HttpResponse refuse(unsigned http_status, const absl::Status& why) override;

 private:
  HttpApplication& application_;
  ApiObserver* const observer_;
};

}  // namespace tinyrig::api
