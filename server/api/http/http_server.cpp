#include "server/api/http/http_server.h"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <mutex>
#include <utility>

#include "server/api/http/http_connection.h"
#include "server/api/http/listen_address.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Children (flashers, QEMU) must not inherit our sockets.
void set_close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

// Keeps the connection for as long as it runs.
asio::awaitable<void> run(std::shared_ptr<HttpConnection> connection) { co_await connection->run(); }

class BeastServer final : public HttpServer, public std::enable_shared_from_this<BeastServer> {
 public:
  BeastServer(std::shared_ptr<HttpShared> shared, asio::any_io_executor executor)
      : shared_(std::move(shared)),
        executor_(executor),
        acceptor_(asio::make_strand(executor)),
        retry_(acceptor_.get_executor()) {}

  absl::Status listen(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address.ok()) return address.status();
    error_code error;
    const auto ip = asio::ip::make_address(address->host == "localhost" ? "127.0.0.1" : address->host, error);
    const tcp::endpoint endpoint(ip, address->port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) set_close_on_exec(acceptor_.native_handle());
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) return port_in_use("HTTP", text);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) {
      return make_error(absl::StatusCode::kUnavailable, "ADDRESS_UNUSABLE",
                        "HTTP cannot listen on " + text + ": " + error.message(),
                        "choose an address of this machine and a port that this user may open");
    }
    return absl::OkStatus();
  }

  void accept_next() {
    acceptor_.async_accept(asio::make_strand(executor_), [self = shared_from_this()](error_code error, auto socket) {
      self->on_accept(error, tcp::socket(std::move(socket)));
    });
  }

  std::uint16_t port() const override { return port_; }

  void begin_stop() override {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
    }
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
      error_code ignored;
      self->acceptor_.close(ignored);
      self->retry_.cancel();
    });
    for_each_connection([](HttpConnection& connection) { connection.begin_stop(); });
  }

  void finish_stop() override {
    std::unique_lock lock(shared_->mutex);
    const auto none_left = [this] { return shared_->connections.empty() && !accepting_; };
    // Time for the last answers to leave.
    if (shared_->changed.wait_for(lock, std::chrono::milliseconds(300), none_left)) return;
    lock.unlock();
    for_each_connection([](HttpConnection& connection) { connection.cut(); });
    lock.lock();
    shared_->changed.wait(lock, none_left);
  }

  void set_accepting() { accepting_ = true; }

 private:
  void on_accept(error_code error, tcp::socket socket) {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->stopping) {
        accepting_ = false;
        shared_->changed.notify_all();
        return;
      }
    }
    if (error) {
      // Out of descriptors, most likely: let some connections end first.
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([self = shared_from_this()](error_code) { self->accept_again(); });
      return;
    }
    set_close_on_exec(socket.native_handle());
    socket.set_option(tcp::no_delay(true), error);
    take(std::move(socket));
    accept_next();
  }

  void accept_again() {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->stopping) {
        accepting_ = false;
        shared_->changed.notify_all();
        return;
      }
    }
    accept_next();
  }

  void take(tcp::socket socket) {
    const auto connection = make_http_connection(std::move(socket), shared_);
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->stopping || shared_->connections.size() >= shared_->limits.connections) return;
      shared_->connections.insert(connection.get());
    }
    asio::co_spawn(connection->executor(), run(connection), asio::detached);
  }

  template <class Action>
  void for_each_connection(Action action) {
    const std::lock_guard lock(shared_->mutex);
    for (HttpConnection* connection : shared_->connections) {
      asio::post(connection->executor(), [target = connection->shared_from_this(), action] { action(*target); });
    }
  }

  const std::shared_ptr<HttpShared> shared_;
  const asio::any_io_executor executor_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  bool accepting_ = false;  // guarded by shared_->mutex
};

// The owner's handle: the server proper is kept alive by its pending accept, too.
class ServerHandle final : public HttpServer {
 public:
  explicit ServerHandle(std::shared_ptr<BeastServer> server) : server_(std::move(server)) {}
  ~ServerHandle() override {
    begin_stop();
    finish_stop();
  }
  std::uint16_t port() const override { return server_->port(); }
  void begin_stop() override { server_->begin_stop(); }
  void finish_stop() override { server_->finish_stop(); }

 private:
  const std::shared_ptr<BeastServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen, HttpLimits limits,
                                                              HttpApplication& application,
                                                              asio::any_io_executor executor,
                                                              std::shared_ptr<const tls::CurrentIdentity> identity) {
  const auto server =
      std::make_shared<BeastServer>(std::make_shared<HttpShared>(limits, application, std::move(identity)), executor);
  if (const absl::Status listening = server->listen(listen); !listening.ok()) return listening;
  server->set_accepting();
  server->accept_next();
  return std::make_unique<ServerHandle>(server);
}

}  // namespace tinyrig::api
