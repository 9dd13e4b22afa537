// One HTTP/1.1 connection: requests one after the other, until it ends or turns into a WebSocket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "server/api/http/http_server.h"

namespace tinyrig::api {

class HttpConnection;

/// What all connections of one server share; lives as long as the last of them.
struct HttpShared {
  HttpShared(HttpLimits limits_, HttpApplication& application_, std::shared_ptr<const tls::CurrentIdentity> identity_)
      : limits(limits_), application(application_), identity(std::move(identity_)) {}

  const HttpLimits limits;
  HttpApplication& application;
  const std::shared_ptr<const tls::CurrentIdentity> identity;  // null: no TLS
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;                            // guarded by mutex
  std::unordered_set<HttpConnection*> connections;  // guarded by mutex
};

/// Everything but the constructor belongs to `executor()`, a strand of its own.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  virtual ~HttpConnection() = default;
  virtual boost::asio::any_io_executor executor() const = 0;
  /// The whole life, for whose length the caller keeps the connection. Takes it out of `HttpShared::connections` at
  /// the end.
  virtual boost::asio::awaitable<void> run() = 0;
  /// A request under way is still answered.
  virtual void begin_stop() = 0;
  virtual void cut() = 0;
};

/// Over TLS if the server has an identity.
std::shared_ptr<HttpConnection> make_http_connection(boost::asio::ip::tcp::socket&& socket,
                                                     std::shared_ptr<HttpShared> shared);

}  // namespace tinyrig::api
