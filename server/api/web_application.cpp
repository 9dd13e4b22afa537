#include "server/api/web_application.h"

#include <utility>

#include "server/api/error_mapping.h"
#include "server/api/live_socket.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::api {

void WebApplication::handle(HttpRequest request, HttpReply reply) {
  if (const absl::Status host = check_host(request, rules_); !host.ok()) return reply(refuse(403, host));
  if (request.method == "POST") {
    if (const absl::Status origin = check_origin(request); !origin.ok()) return reply(refuse(403, origin));
    if (const absl::Status type = check_json_content_type(request); !type.ok()) return reply(refuse(415, type));
    return gateway_.call(request, std::move(reply));
  }
  const bool calls = request.path.starts_with("/tinyrig.");  // a method's path: never a page
  if (!calls && (request.method == "GET" || request.method == "HEAD")) {
    if (request.path == "/healthz") {
      HttpResponse healthy;
      healthy.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
      healthy.headers.emplace_back("Cache-Control", "no-store");
      healthy.body = "ok\n";
      return reply(std::move(healthy));
    }
    return reply(files_.serve(request));
  }
  HttpResponse refused = refuse(405, make_error(absl::StatusCode::kUnimplemented, "HTTP_METHOD_REFUSED",
                                                clean_text(request.method, 20) + " is not served here",
                                                "POST calls a method (with curl: -d '{}'), GET reads the dashboard"));
  refused.headers.emplace_back("Allow", calls ? "POST" : "GET, HEAD, POST");
  reply(std::move(refused));
}

std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> WebApplication::upgrade(const HttpRequest& request) {
  if (const absl::Status host = check_host(request, rules_); !host.ok()) return refuse(403, host);
  if (const absl::Status origin = check_origin(request); !origin.ok()) return refuse(403, origin);
  if (request.path != "/ws") {
    return refuse(404, make_error(absl::StatusCode::kNotFound, "WEBSOCKET_UNKNOWN", "there is no such WebSocket",
                                  "live events are at /ws"));
  }
  const auto position = parse_live_position(request.query);
  if (!position.ok()) return refuse(400, position.status());
  return std::make_shared<LiveSocket>(events_, *position);
}

HttpResponse WebApplication::refuse(unsigned http_status, const absl::Status& why) {
  return connect_error(why, http_status);
}

}  // namespace tinyrig::api
