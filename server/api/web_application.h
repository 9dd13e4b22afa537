// What the HTTP face serves: JSON calls, the WebSocket of live events, the dashboard's files and /healthz;
// and the rules that every request must meet first.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "server/api/http/access_rules.h"
#include "server/api/http/http_server.h"
#include "server/api/http/static_files.h"
#include "server/api/json_gateway.h"
#include "server/events/event_bus.h"

namespace tinyrig::api {

class WebApplication final : public HttpApplication {
 public:
  WebApplication(AccessRules rules, JsonGateway& gateway, events::EventBus& events, StaticFiles files)
      : rules_(std::move(rules)), gateway_(gateway), events_(events), files_(std::move(files)) {}

  void handle(HttpRequest request, HttpReply reply) override;
  std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> upgrade(const HttpRequest& request) override;
  HttpResponse refuse(unsigned http_status, const absl::Status& why) override;

 private:
  const AccessRules rules_;
  JsonGateway& gateway_;
  events::EventBus& events_;
  const StaticFiles files_;
};

}  // namespace tinyrig::api
