// What the HTTP face serves: JSON calls, the WebSocket of live events, the dashboard's files, logging in, /healthz
// (alive), /readyz (able to work) and /metrics; and the rules that every request must meet first.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "server/api/http/access_rules.h"
#include "server/api/http/http_server.h"
#include "server/api/http/static_files.h"
#include "server/api/json_gateway.h"
#include "server/api/service_context.h"
#include "server/api/telemetry.h"

namespace tinyrig::api {

class WebApplication final : public HttpApplication {
 public:
  /// `context` and `gateway` must outlive it.
  WebApplication(AccessRules rules, ServiceContext& context, JsonGateway& gateway, StaticFiles files,
                 Telemetry telemetry)
      : rules_(std::move(rules)),
        context_(context),
        gateway_(gateway),
        files_(std::move(files)),
        telemetry_(std::move(telemetry)) {}

  void handle(HttpRequest request, HttpReply reply) override;
  std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> upgrade(const HttpRequest& request) override;
  /// `http_status` 0: as the status's code has it.
  HttpResponse refuse(unsigned http_status, const absl::Status& why) override;

 private:
  HttpResponse get(HttpRequest request);
  HttpResponse log_in(const HttpRequest& request);
  HttpResponse log_out();
  HttpResponse with_cookie(const std::string& token);
  absl::Status admit(const HttpRequest& request);

  const AccessRules rules_;
  ServiceContext& context_;
  JsonGateway& gateway_;
  const StaticFiles files_;
  const Telemetry telemetry_;
};

}  // namespace tinyrig::api
