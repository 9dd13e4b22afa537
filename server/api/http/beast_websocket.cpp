#include "server/api/http/beast_websocket.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <deque>
#include <utility>

namespace tinyrig::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

template <class Stream>
class Session final : public BeastWebSocket, public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream&& stream, std::shared_ptr<WebSocketHandler> handler, const HttpLimits& limits)
      : stream_(std::move(stream)), handler_(std::move(handler)) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::seconds(5);
    timeout.idle_timeout = limits.websocket_idle_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(limits.websocket_message_bytes);
  }

  asio::awaitable<void> run(http::request<http::string_body> request) override {
    const auto self = this->shared_from_this();
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
                        [self = this->shared_from_this()](error_code) {});
  }

  void cut() override { beast::get_lowest_layer(stream_).close(); }

 private:
  void write_next() {
    stream_.text(true);
    stream_.async_write(asio::buffer(queue_.front()),
                        [self = this->shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
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

  // Without compression: messages are short and stay on the machine, and its code is large.
  websocket::stream<Stream, false> stream_;
  const std::shared_ptr<WebSocketHandler> handler_;
  std::deque<std::string> queue_;  // the front is being written
  std::size_t pending_bytes_ = 0;
  bool open_ = false;
};

}  // namespace

std::shared_ptr<BeastWebSocket> make_websocket(PlainStream&& stream, std::shared_ptr<WebSocketHandler> handler,
                                               const HttpLimits& limits) {
  return std::make_shared<Session<PlainStream>>(std::move(stream), std::move(handler), limits);
}

std::shared_ptr<BeastWebSocket> make_websocket(TlsStream&& stream, std::shared_ptr<WebSocketHandler> handler,
                                               const HttpLimits& limits) {
  return std::make_shared<Session<TlsStream>>(std::move(stream), std::move(handler), limits);
}

}  // namespace tinyrig::api
