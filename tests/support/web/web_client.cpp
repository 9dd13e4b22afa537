#include "tests/support/web/web_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace tinyrig::testing_support {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

tcp::endpoint loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

bool has(const WebHeaders& headers, const std::string& name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
}

}  // namespace

struct WebConnection::Impl {
  asio::io_context context;
  tcp::socket socket{context};
  beast::flat_buffer buffer;
};

WebConnection::WebConnection(std::uint16_t port) : impl_(std::make_unique<Impl>()) {
  impl_->socket.connect(loopback(port));
}

WebConnection::~WebConnection() = default;

bool WebConnection::send(const std::string& bytes) {
  error_code error;
  asio::write(impl_->socket, asio::buffer(bytes), error);
  return !error;
}

std::optional<WebResponse> WebConnection::read(bool head_only) {
  namespace http = beast::http;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * 1024 * 1024);
  parser.skip(head_only);
  error_code error;
  http::read(impl_->socket, impl_->buffer, parser, error);
  if (error) return std::nullopt;
  WebResponse response;
  response.status = parser.get().result_int();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = std::string(field.value());
  }
  response.body = parser.get().body();
  return response;
}

void WebConnection::wait_for_close() {
  std::array<char, 4096> scratch;
  error_code error;
  while (!error) impl_->socket.read_some(asio::buffer(scratch), error);
}

std::string request_text(const std::string& method, const std::string& path, std::uint16_t port,
                         const WebHeaders& headers, const std::string& body) {
  std::string text = method + " " + path + " HTTP/1.1\r\n";
  if (!has(headers, "Host")) text += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  if (method == "POST" && !has(headers, "Content-Type")) text += "Content-Type: application/json\r\n";
  if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + body;
}

WebResponse fetch(const std::string& method, std::uint16_t port, const std::string& path, const std::string& body,
                  const WebHeaders& headers) {
  WebConnection connection(port);
  connection.send(request_text(method, path, port, headers, body));
  return connection.read(method == "HEAD").value_or(WebResponse{});
}

struct WebSocketClient::Impl {
  asio::io_context context;
  beast::websocket::stream<tcp::socket> stream{context};
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::~WebSocketClient() = default;

std::pair<unsigned, std::unique_ptr<WebSocketClient>> WebSocketClient::connect(std::uint16_t port,
                                                                               const std::string& target,
                                                                               const WebHeaders& headers) {
  auto impl = std::make_unique<Impl>();
  impl->stream.next_layer().connect(loopback(port));
  impl->stream.set_option(beast::websocket::stream_base::decorator([&headers](beast::websocket::request_type& request) {
    for (const auto& [name, value] : headers) request.set(name, value);
  }));
  beast::websocket::response_type response;
  error_code error;
  impl->stream.handshake(response, "127.0.0.1:" + std::to_string(port), target, error);
  const unsigned status = response.result_int();
  if (error) return {status, nullptr};
  return {status, std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(impl)))};
}

void WebSocketClient::send(const std::string& text) {
  error_code error;
  impl_->stream.text(true);
  impl_->stream.write(asio::buffer(text), error);
}

std::optional<std::string> WebSocketClient::read() {
  beast::flat_buffer buffer;
  error_code error;
  impl_->stream.read(buffer, error);
  if (error) return std::nullopt;
  return beast::buffers_to_string(buffer.data());
}

std::uint16_t WebSocketClient::close_code() const { return impl_->stream.reason().code; }

}  // namespace tinyrig::testing_support
