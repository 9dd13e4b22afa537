// An HTTP/1.1 and WebSocket server behind an interface of ours; Boost.Beast stays below it.
// What a URL means is the application's business (web_application.h).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/api/http/http_message.h"

namespace tinyrig::tls {
class CurrentIdentity;
}

namespace tinyrig::api {

/// One open WebSocket. Every call belongs to `executor()`, a strand of its own.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  virtual boost::asio::any_io_executor executor() = 0;
  /// Queues a text message. The handler bounds the queue: see pending_bytes().
  virtual void send(std::string text) = 0;
  virtual std::size_t pending_bytes() const = 0;
  /// Ends the connection with a close frame; what is still queued is dropped.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

/// What an application does with one WebSocket. Called on the socket's strand only.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  virtual void on_message(std::string text) = 0;
  /// Everything queued has been handed to the kernel.
  virtual void on_drained() = 0;
  /// Last call; the socket is gone.
  virtual void on_close() = 0;
};

/// What the server serves. Called from any thread of the executor, for many connections at once.
class HttpApplication {
 public:
  virtual ~HttpApplication() = default;
  /// May reply later and from any thread, exactly once.
  virtual void handle(HttpRequest request, HttpReply reply) = 0;
  /// A request to upgrade: a handler, or the answer that refuses it.
  virtual std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> upgrade(const HttpRequest& request) = 0;
  /// The answer to a request that the server itself refuses: malformed, too large, too slow.
  virtual HttpResponse refuse(unsigned http_status, const absl::Status& why) = 0;
};

struct HttpLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::size_t connections = 256;
  std::size_t websocket_message_bytes = 4 * 1024;
  // For a TLS handshake.
  std::chrono::milliseconds handshake_timeout{10'000};
  // For a whole header, from the moment it may come: also how long an idle connection lives.
  std::chrono::milliseconds header_timeout{30'000};
  // For a whole body.
  std::chrono::milliseconds body_timeout{15'000};
  std::chrono::milliseconds write_timeout{30'000};
  // A WebSocket's silence; half of it brings a ping.
  std::chrono::milliseconds websocket_idle_timeout{30'000};
};

class HttpServer {
 public:
  /// Listens on HOST:PORT (port 0: any) and serves on `executor`; over TLS unless `identity` is null, each connection
  /// with what it holds when it comes. UNAVAILABLE (PORT_IN_USE, ADDRESS_UNUSABLE), INVALID_ARGUMENT
  /// (LISTEN_ADDRESS_INVALID). `application` outlives the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> start(
      const std::string& listen, HttpLimits limits, HttpApplication& application, boost::asio::any_io_executor executor,
      std::shared_ptr<const tls::CurrentIdentity> identity = nullptr);
  virtual ~HttpServer() = default;

  virtual std::uint16_t port() const = 0;
  /// Accepts no more, closes idle connections and WebSockets; requests under way may still be answered.
  virtual void begin_stop() = 0;
  /// Cuts what is left and waits until no connection runs. Not from a thread of the executor.
  virtual void finish_stop() = 0;
};

}  // namespace tinyrig::api
