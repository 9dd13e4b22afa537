#include "server/api/http/http_server.h"

#include <fcntl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "server/api/http/beast_message.h"
#include "server/api/http/listen_address.h"
#include "server/base/error.h"

namespace tinyrig::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// Children (flashers, QEMU) must not inherit our sockets.
void set_close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

class Connection;

// What all connections of one server share; lives as long as the last of them.
struct Shared {
  Shared(HttpLimits limits_, HttpApplication& application_) : limits(limits_), application(application_) {}

  const HttpLimits limits;
  HttpApplication& application;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;                        // guarded by mutex
  std::unordered_set<Connection*> connections;  // guarded by mutex
};

class BeastWebSocket final : public WebSocket, public std::enable_shared_from_this<BeastWebSocket> {
 public:
  BeastWebSocket(beast::tcp_stream&& stream, std::shared_ptr<WebSocketHandler> handler, const HttpLimits& limits)
      : stream_(std::move(stream)), handler_(std::move(handler)) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(5);
    timeout.idle_timeout = limits.websocket_idle_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(limits.websocket_message_bytes);
  }

  // The socket's whole life, on its strand.
  asio::awaitable<void> run(http::request<http::string_body> request) {
    const auto self = shared_from_this();
    error_code error;
    co_await stream_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    open_ = true;
    handler_->on_open(self);
    beast::flat_buffer buffer;
    while (true) {
      co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      std::string text = beast::buffers_to_string(buffer.data());
      buffer.consume(buffer.size());
      if (open_) handler_->on_message(std::move(text));
    }
    open_ = false;
    handler_->on_close();
    beast::get_lowest_layer(stream_).close();
  }

  asio::any_io_executor executor() override { return stream_.get_executor(); }

  void send(std::string text) override {
    if (!open_) return;
    pending_bytes_ += text.size();
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write_next();
  }

  std::size_t pending_bytes() const override { return pending_bytes_; }

  void close(std::uint16_t code, std::string reason) override {
    if (!open_) return;
    open_ = false;
    stream_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), reason),
                        [self = shared_from_this()](error_code) {});
  }

  void cut() { beast::get_lowest_layer(stream_).close(); }

 private:
  void write_next() {
    stream_.text(true);
    stream_.async_write(asio::buffer(queue_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    if (error || !open_) return;  // run() learns of it from its read
    pending_bytes_ -= queue_.front().size();
    queue_.pop_front();
    if (queue_.empty()) {
      handler_->on_drained();
    } else {
      write_next();
    }
  }

  websocket::stream<beast::tcp_stream> stream_;
  const std::shared_ptr<WebSocketHandler> handler_;
  std::deque<std::string> queue_;  // the front is being written
  std::size_t pending_bytes_ = 0;
  bool open_ = false;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket&& socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)),
        executor_(stream_.get_executor()),
        shared_(std::move(shared)),
        reply_ready_(executor_) {}

  static asio::awaitable<void> run(std::shared_ptr<Connection> self) {
    co_await self->serve();
    self->finish();
  }

  asio::any_io_executor executor() const { return executor_; }

  // On the strand. A request under way is still answered.
  void begin_stop() {
    stopping_ = true;
    if (websocket_ != nullptr) {
      websocket_->close(websocket::close_code::going_away, "the daemon stops");
    } else if (idle_) {
      stream_.close();
    }
  }

  // On the strand.
  void cut() {
    stopping_ = true;
    if (websocket_ != nullptr) {
      websocket_->cut();
    } else {
      stream_.close();
    }
    cut_ = true;
    reply_ready_.cancel();
  }

 private:
  // Out of the books; the destructor of the coroutine's frame does the rest.
  void finish() {
    const std::lock_guard lock(shared_->mutex);
    shared_->connections.erase(this);
    shared_->changed.notify_all();
  }

  asio::awaitable<void> serve() {
    const HttpLimits& limits = shared_->limits;
    beast::flat_buffer buffer;
    error_code error;
    while (!stopping_) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
      parser.body_limit(limits.body_bytes);
      idle_ = true;
      stream_.expires_after(limits.header_timeout);
      co_await http::async_read_header(stream_, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
      idle_ = false;
      if (error) {
        co_await refuse(error);
        co_return;
      }
      if (websocket::is_upgrade(parser.get())) {
        co_await upgrade(parser.release());
        co_return;
      }
      stream_.expires_after(limits.body_timeout);
      if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
        co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
      }
      co_await http::async_read(stream_, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        co_await refuse(error);
        co_return;
      }
      const bool keep_alive = parser.get().keep_alive();
      const unsigned version = parser.get().version();
      const bool head_only = parser.get().method() == http::verb::head;
      HttpRequest request = from_beast(parser.release());
      stream_.expires_never();
      std::optional<HttpResponse> response = co_await answer_of(std::move(request));
      if (!response.has_value()) co_return;
      const bool stay = keep_alive && !stopping_;
      co_await write(std::move(*response), version, stay, head_only, error);
      if (error || !stay) break;
    }
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  // The application's answer; nothing when the connection was cut meanwhile.
  asio::awaitable<std::optional<HttpResponse>> answer_of(HttpRequest request) {
    const auto slot = std::make_shared<std::optional<HttpResponse>>();
    reply_ready_.expires_at(asio::steady_timer::time_point::max());
    HttpReply reply = [self = shared_from_this(), slot](HttpResponse response) {
      // On the strand, hence after the wait below has begun.
      asio::post(self->executor_, [self, slot, answer = std::move(response)]() mutable {
        *slot = std::move(answer);
        self->reply_ready_.cancel();
      });
    };
    shared_->application.handle(std::move(request), std::move(reply));
    error_code error;
    if (!cut_) co_await reply_ready_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    std::optional<HttpResponse> answer = std::move(*slot);
    co_return answer;
  }

  asio::awaitable<void> write(HttpResponse response, unsigned version, bool keep_alive, bool head_only,
                              error_code& error) {
    http::response<http::string_body> message = to_beast(std::move(response), version, keep_alive, head_only);
    stream_.expires_after(shared_->limits.write_timeout);
    if (head_only) {
      http::response_serializer<http::string_body> serializer(message);
      co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
    }
  }

  // Says why a request is not taken, if it was one, and closes.
  asio::awaitable<void> refuse(error_code error) {
    unsigned status = 400;
    absl::Status why;
    if (error == http::error::body_limit) {
      status = 413;
      why = make_error(absl::StatusCode::kResourceExhausted, "HTTP_BODY_TOO_LARGE",
                       "the body is larger than " + std::to_string(shared_->limits.body_bytes) + " bytes",
                       "send less; models go through the gRPC upload (tinyrig models add)");
    } else if (error == http::error::header_limit) {
      status = 431;
      why = make_error(absl::StatusCode::kResourceExhausted, "HTTP_HEADER_TOO_LARGE",
                       "the header is larger than " + std::to_string(shared_->limits.header_bytes) + " bytes",
                       "send fewer or shorter header fields");
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      why = make_error(absl::StatusCode::kInvalidArgument, "HTTP_MALFORMED",
                       "this is no HTTP/1.1 request: " + error.message());
    } else {
      co_return;  // closed, timed out or cut: nobody listens
    }
    HttpResponse response = shared_->application.refuse(status, why);
    error_code ignored;
    co_await write(std::move(response), 11, false, false, ignored);
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    co_await drain();
  }

  // Reads on for a moment: closing with unread bytes would reset the connection and take the answer along.
  asio::awaitable<void> drain() {
    std::array<char, 4096> scratch;
    stream_.expires_after(std::chrono::seconds(2));
    error_code error;
    for (std::size_t drained = 0; !error && drained < 4 * shared_->limits.body_bytes;) {
      drained +=
          co_await stream_.async_read_some(asio::buffer(scratch), asio::redirect_error(asio::use_awaitable, error));
    }
  }

  asio::awaitable<void> upgrade(http::request<http::string_body> upgrade_request) {
    http::request<http::string_body> copy = upgrade_request;
    const HttpRequest request = from_beast(std::move(copy));
    auto decision = shared_->application.upgrade(request);
    if (auto* refusal = std::get_if<HttpResponse>(&decision)) {
      error_code error;
      co_await write(std::move(*refusal), upgrade_request.version(), false, false, error);
      stream_.socket().shutdown(tcp::socket::shutdown_send, error);
      co_return;
    }
    stream_.expires_never();  // the WebSocket has time-outs of its own
    websocket_ = std::make_shared<BeastWebSocket>(
        std::move(stream_), std::move(std::get<std::shared_ptr<WebSocketHandler>>(decision)), shared_->limits);
    co_await websocket_->run(std::move(upgrade_request));
  }

  beast::tcp_stream stream_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<Shared> shared_;
  asio::steady_timer reply_ready_;  // cancelled when the reply is there
  std::shared_ptr<BeastWebSocket> websocket_;
  bool idle_ = false;
  bool stopping_ = false;
  bool cut_ = false;
};

class BeastServer final : public HttpServer, public std::enable_shared_from_this<BeastServer> {
 public:
  BeastServer(std::shared_ptr<Shared> shared, asio::any_io_executor executor)
      : shared_(std::move(shared)),
        executor_(executor),
        acceptor_(asio::make_strand(executor)),
        retry_(acceptor_.get_executor()) {}

  absl::Status listen(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address.ok()) return address.status();
    error_code error;
    const auto ip = asio::ip::make_address(address->host == "localhost" ? "127.0.0.1" : address->host, error);
    if (error) {
      return make_error(absl::StatusCode::kInvalidArgument, "LISTEN_ADDRESS_INVALID",
                        "\"" + address->host + "\" is no IP address",
                        "HTTP listens on IP addresses only: 127.0.0.1, [::1], 0.0.0.0");
    }
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
    for_each_connection([](Connection& connection) { connection.begin_stop(); });
  }

  void finish_stop() override {
    std::unique_lock lock(shared_->mutex);
    const auto none_left = [this] { return shared_->connections.empty() && !accepting_; };
    // Time for the last answers to leave.
    if (shared_->changed.wait_for(lock, std::chrono::milliseconds(300), none_left)) return;
    lock.unlock();
    for_each_connection([](Connection& connection) { connection.cut(); });
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
    const auto connection = std::make_shared<Connection>(std::move(socket), shared_);
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->stopping || shared_->connections.size() >= shared_->limits.connections) return;
      shared_->connections.insert(connection.get());
    }
    asio::co_spawn(connection->executor(), Connection::run(connection), asio::detached);
  }

  template <class Action>
  void for_each_connection(Action action) {
    const std::lock_guard lock(shared_->mutex);
    for (Connection* connection : shared_->connections) {
      asio::post(connection->executor(), [target = connection->shared_from_this(), action] { action(*target); });
    }
  }

  const std::shared_ptr<Shared> shared_;
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
                                                              asio::any_io_executor executor) {
  const auto server = std::make_shared<BeastServer>(std::make_shared<Shared>(limits, application), executor);
  if (const absl::Status listening = server->listen(listen); !listening.ok()) return listening;
  server->set_accepting();
  server->accept_next();
  return std::make_unique<ServerHandle>(server);
}

}  // namespace tinyrig::api
