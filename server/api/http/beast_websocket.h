// One WebSocket of a client, from the handshake to the end. Apart from http_connection.cpp because Beast's
// WebSockets are slow to compile.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "server/api/http/http_server.h"
#include "server/api/http/http_stream.h"

namespace tinyrig::api {

class BeastWebSocket : public WebSocket {
 public:
  /// The socket's whole life, on its strand; keeps the socket alive.
  virtual boost::asio::awaitable<void> run(
      boost::beast::http::request<boost::beast::http::string_body> upgrade_request) = 0;
  virtual void cut() = 0;
};

std::shared_ptr<BeastWebSocket> make_websocket(PlainStream&& stream, std::shared_ptr<WebSocketHandler> handler,
                                               const HttpLimits& limits);
std::shared_ptr<BeastWebSocket> make_websocket(TlsStream&& stream, std::shared_ptr<WebSocketHandler> handler,
                                               const HttpLimits& limits);

}  // namespace tinyrig::api
