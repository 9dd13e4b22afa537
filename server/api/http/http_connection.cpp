#include "server/api/http/http_connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "server/api/http/beast_message.h"
#include "server/api/http/beast_websocket.h"
#include "server/api/http/http_stream.h"
#include "server/base/error.h"
#include "server/tls/current_identity.h"

namespace tinyrig::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// For the peer to take the end of the connection.
constexpr std::chrono::seconds kFarewell{2};
// What a browser is told to remember for a year: that this host speaks TLS.
constexpr std::string_view kTlsAlone = "max-age=31536000";

template <class Stream>
class Connection final : public HttpConnection {
 public:
  Connection(Stream&& stream, std::shared_ptr<HttpShared> shared)
      : stream_(std::move(stream)),
        executor_(stream_.get_executor()),
        shared_(std::move(shared)),
        reply_ready_(executor_) {}

  asio::awaitable<void> run() override {
    const bool greeted = co_await greet();
    if (greeted) co_await serve();
    finish();
  }

  asio::any_io_executor executor() const override { return executor_; }

  void begin_stop() override {
    stopping_ = true;
    if (websocket_ != nullptr) {
      websocket_->close(websocket::close_code::going_away, "the daemon stops");
    } else if (idle_) {
      tcp_layer().close();
    }
  }

  void cut() override {
    stopping_ = true;
    if (websocket_ != nullptr) {
      websocket_->cut();
    } else {
      tcp_layer().close();
    }
    cut_ = true;
    reply_ready_.cancel();
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  // Out of the books; the destructor of the coroutine's frame does the rest.
  void finish() {
    const std::lock_guard lock(shared_->mutex);
    shared_->connections.erase(this);
    shared_->changed.notify_all();
  }

  beast::tcp_stream& tcp_layer() { return beast::get_lowest_layer(stream_); }

  // The TLS handshake, if any; false: the peer is none of ours.
  asio::awaitable<bool> greet() {
    if constexpr (kTls) {
      idle_ = true;
      tcp_layer().expires_after(shared_->limits.handshake_timeout);
      error_code error;
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, error));
      idle_ = false;
      if (is_plain_http(error)) co_await ask_for_tls();
      if (error) co_return false;
    }
    co_return true;
  }

  static bool is_plain_http(const error_code& error) {
    return error.category() == asio::error::get_ssl_category() &&
           ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
  }

  // In plain HTTP, which is what the client speaks.
  asio::awaitable<void> ask_for_tls() {
    const absl::Status why = make_error(absl::StatusCode::kInvalidArgument, "HTTP_NEEDS_TLS",
                                        "this port speaks HTTP over TLS alone", "begin the address with https://");
    http::response<http::string_body> message = to_beast(shared_->application.refuse(400, why), 11, false, false);
    tcp_layer().expires_after(kFarewell);
    error_code error;
    co_await http::async_write(tcp_layer(), message, asio::redirect_error(asio::use_awaitable, error));
    tcp_layer().socket().shutdown(tcp::socket::shutdown_send, error);
    co_await drain();
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
      tcp_layer().expires_after(limits.header_timeout);
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
      tcp_layer().expires_after(limits.body_timeout);
      if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(stream_, asio::buffer(kGoOn), asio::redirect_error(asio::use_awaitable, error));
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
      tcp_layer().expires_never();
      std::optional<HttpResponse> response = co_await answer_of(std::move(request));
      if (!response.has_value()) co_return;
      const bool stay = keep_alive && !stopping_;
      co_await write(std::move(*response), version, stay, head_only, error);
      if (error || !stay) break;
    }
    co_await end_sending();
  }

  // The application's answer; nothing when the connection was cut meanwhile.
  asio::awaitable<std::optional<HttpResponse>> answer_of(HttpRequest request) {
    const auto slot = std::make_shared<std::optional<HttpResponse>>();
    reply_ready_.expires_at(asio::steady_timer::time_point::max());
    HttpReply reply = [this, self = shared_from_this(), slot](HttpResponse response) {
      // On the strand, hence after the wait below has begun.
      asio::post(executor_, [this, self, slot, answer = std::move(response)]() mutable {
        *slot = std::move(answer);
        reply_ready_.cancel();
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
    tcp_layer().expires_after(shared_->limits.write_timeout);
    if constexpr (kTls) message.set(http::field::strict_transport_security, kTlsAlone);
    co_await http::async_write(stream_, message, asio::redirect_error(asio::use_awaitable, error));
  }

  asio::awaitable<void> end_sending() {
    error_code ignored;
    if constexpr (kTls) {
      tcp_layer().expires_after(kFarewell);
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    }
    tcp_layer().socket().shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
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
    co_await end_sending();
    co_await drain();
  }

  // Reads on for a moment: closing with unread bytes would reset the connection and take the answer along.
  asio::awaitable<void> drain() {
    std::array<char, 4096> scratch;
    tcp_layer().expires_after(kFarewell);
    error_code error;
    for (std::size_t drained = 0; !error && drained < 4 * shared_->limits.body_bytes;) {
      drained +=
          co_await tcp_layer().async_read_some(asio::buffer(scratch), asio::redirect_error(asio::use_awaitable, error));
    }
  }

  asio::awaitable<void> upgrade(http::request<http::string_body> upgrade_request) {
    http::request<http::string_body> copy = upgrade_request;
    const HttpRequest request = from_beast(std::move(copy));
    auto decision = shared_->application.upgrade(request);
    if (auto* refusal = std::get_if<HttpResponse>(&decision)) {
      error_code error;
      co_await write(std::move(*refusal), upgrade_request.version(), false, false, error);
      co_await end_sending();
      co_return;
    }
    tcp_layer().expires_never();  // the WebSocket has time-outs of its own
    websocket_ = make_websocket(std::move(stream_), std::move(std::get<std::shared_ptr<WebSocketHandler>>(decision)),
                                shared_->limits);
    co_await websocket_->run(std::move(upgrade_request));
  }

  Stream stream_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<HttpShared> shared_;
  asio::steady_timer reply_ready_;  // cancelled when the reply is there
  std::shared_ptr<BeastWebSocket> websocket_;
  bool idle_ = false;
  bool stopping_ = false;
  bool cut_ = false;
};

}  // namespace

std::shared_ptr<HttpConnection> make_http_connection(tcp::socket&& socket, std::shared_ptr<HttpShared> shared) {
  PlainStream plain(std::move(socket));
  if (shared->identity == nullptr) {
    return std::make_shared<Connection<PlainStream>>(std::move(plain), std::move(shared));
  }
  asio::ssl::context context(shared->identity->get()->new_reference_to_context());
  return std::make_shared<Connection<TlsStream>>(TlsStream(std::move(plain), context), std::move(shared));
}

}  // namespace tinyrig::api
