#include "server/api/web_application.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "server/api/error_mapping.h"
#include "server/api/http/session_cookie.h"
#include "server/api/live_socket.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

HttpResponse answer_now(const char* type, std::string body) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", type);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

HttpResponse show_readiness(const absl::Status& status) {
  boost::json::object body;
  body["ready"] = status.ok();
  if (!status.ok()) {
    const v1::ErrorDetail why = to_error_detail(status);
    body["reason"] = why.reason();
    body["message"] = why.message();
    body["hint"] = why.hint();
  }
  HttpResponse response = answer_now("application/json", boost::json::serialize(body) + "\n");
  if (!status.ok()) response.status = 503;
  return response;
}

// A page of the dashboard, not one of the files that it is made of: those hold nothing of anybody's.
bool is_page(const std::string& path) { return path.find('.', path.rfind('/') + 1) == std::string::npos; }

HttpResponse to_login(const std::string& path) {
  HttpResponse response;
  response.status = 303;
  response.headers.emplace_back("Location", path == "/" ? "/login" : "/login?next=" + path);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

void WebApplication::handle(HttpRequest request, HttpReply reply) {
  if (const absl::Status host = check_host(request, rules_); !host.ok()) return reply(refuse(403, host));
  if (request.method == "POST") {
    if (const absl::Status origin = check_origin(request, rules_); !origin.ok()) return reply(refuse(403, origin));
    if (const absl::Status type = check_json_content_type(request); !type.ok()) return reply(refuse(415, type));
    if (request.path == "/login") return reply(log_in(request));
    if (request.path == "/logout") return reply(log_out());
    return gateway_.call(request, authorization_of(request, rules_.secure()), std::move(reply));
  }
  const bool calls = request.path.starts_with("/tinyrig.");  // a method's path: never a page
  if (!calls && (request.method == "GET" || request.method == "HEAD")) return reply(get(std::move(request)));
  HttpResponse refused = refuse(405, make_error(absl::StatusCode::kUnimplemented, "HTTP_METHOD_REFUSED",
                                                clean_text(request.method, 20) + " is not served here",
                                                "POST calls a method (with curl: -d '{}'), GET reads the dashboard"));
  refused.headers.emplace_back("Allow", calls ? "POST" : "GET, HEAD, POST");
  reply(std::move(refused));
}

HttpResponse WebApplication::get(HttpRequest request) {
  if (request.path == "/healthz") return answer_now("text/plain; charset=utf-8", "ok\n");
  if (request.path == "/readyz") {
    return show_readiness(telemetry_.readiness ? telemetry_.readiness() : absl::OkStatus());
  }
  if (request.path == "/metrics" && telemetry_.metrics) {
    const auto caller = context_.access.admit(authorization_of(request, rules_.secure()), v1::ROLE_VIEWER, "metrics");
    if (!caller.ok()) return refuse(0, caller.status());
    return answer_now("text/plain; version=0.0.4; charset=utf-8", telemetry_.metrics());
  }
  if (request.path == "/login") {
    request.path = "/login.html";
  } else if (is_page(request.path) && !admit(request).ok()) {
    return to_login(request.path);
  }
  return files_.serve(request);
}

absl::Status WebApplication::admit(const HttpRequest& request) {
  return context_.access.admit(authorization_of(request, rules_.secure()), v1::ROLE_VIEWER, "the dashboard").status();
}

HttpResponse WebApplication::log_in(const HttpRequest& request) {
  const absl::StatusOr<std::string> token = token_of_login(request);
  if (!token.ok()) return refuse(0, token.status());
  const auto caller = context_.access.admit("Bearer " + *token, v1::ROLE_VIEWER, "the dashboard");
  if (!caller.ok()) return refuse(0, caller.status());
  return with_cookie(*token);
}

HttpResponse WebApplication::log_out() { return with_cookie(""); }

HttpResponse WebApplication::with_cookie(const std::string& token) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Set-Cookie", session_cookie(token, rules_.secure()));
  response.body = "{}";
  return response;
}

std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> WebApplication::upgrade(const HttpRequest& request) {
  if (const absl::Status host = check_host(request, rules_); !host.ok()) return refuse(403, host);
  if (const absl::Status origin = check_origin(request, rules_); !origin.ok()) return refuse(403, origin);
  if (request.path != "/ws") {
    return refuse(404, make_error(absl::StatusCode::kNotFound, "WEBSOCKET_UNKNOWN", "there is no such WebSocket",
                                  "live events are at /ws"));
  }
  const auto caller = context_.access.admit(authorization_of(request, rules_.secure()), v1::ROLE_VIEWER, "live events");
  if (!caller.ok()) return refuse(0, caller.status());
  const auto position = parse_live_position(request.query);
  if (!position.ok()) return refuse(400, position.status());
  return std::make_shared<LiveSocket>(context_.events, context_.streams, caller->token_id, *position);
}

HttpResponse WebApplication::refuse(unsigned http_status, const absl::Status& why) {
  return connect_error(why, http_status);
}

}  // namespace tinyrig::api
