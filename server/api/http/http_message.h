// Requests and responses as the rest of the API sees them: plain values, no library's types.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tinyrig::api {

struct HttpRequest {
  std::string method;
  // Without the query: "/tinyrig.v1.JobService/GetJob". Still percent-encoded.
  std::string path;
  // Behind the '?'; empty if none.
  std::string query;
  // Names in lower case, in the order of the wire.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that (lower-case) name; null if there is none.
  const std::string* header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return &value;
    }
    return nullptr;
  }
};

struct HttpResponse {
  unsigned status = 200;
  // Content-Length and Connection are the server's business.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

using HttpReply = std::function<void(HttpResponse)>;

}  // namespace tinyrig::api
