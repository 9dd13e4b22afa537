// Between Beast's messages and ours. Included by http_connection.cpp and by the fuzzer of the request path only:
// Beast is slow to compile.
#pragma once

#include <algorithm>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <string>
#include <utility>

#include "server/api/http/http_message.h"

namespace tinyrig::api {

inline HttpRequest from_beast(boost::beast::http::request<boost::beast::http::string_body>&& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

inline boost::beast::http::response<boost::beast::http::string_body> to_beast(HttpResponse&& response,
                                                                              unsigned http_version, bool keep_alive,
                                                                              bool head_only) {
  namespace http = boost::beast::http;
  http::response<http::string_body> message;
  message.result(response.status);
  message.version(http_version);
  message.keep_alive(keep_alive);
  for (auto& [name, value] : response.headers) message.set(name, value);
  message.content_length(response.body.size());
  if (!head_only) message.body() = std::move(response.body);
  return message;
}

}  // namespace tinyrig::api
