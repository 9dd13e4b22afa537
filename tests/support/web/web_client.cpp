#include "tests/support/web/web_client.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <type_traits>

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

asio::ssl::context client_context(const WebTls& tls) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_peer);
  context.set_verify_callback(asio::ssl::host_name_verification("127.0.0.1"));
  context.add_certificate_authority(asio::buffer(tls.ca));
  if (!tls.certificate.empty()) {
    context.use_certificate_chain(asio::buffer(tls.certificate));
    context.use_private_key(asio::buffer(tls.key), asio::ssl::context::pem);
  }
  SSL_CTX* handle = context.native_handle();
  SSL_CTX_set_security_level(handle, 0);  // old versions, too: what the server takes is what is tested
  SSL_CTX_set_max_proto_version(handle, tls.newest_version);
  if (!tls.protocols.empty()) {
    SSL_CTX_set_alpn_protos(handle, reinterpret_cast<const unsigned char*>(tls.protocols.data()),
                            static_cast<unsigned>(tls.protocols.size()));
  }
  return context;
}

}  // namespace

struct WebConnection::Impl {
  explicit Impl(std::uint16_t port, asio::ssl::context&& the_tls = asio::ssl::context(asio::ssl::context::tls_client))
      : tls(std::move(the_tls)) {
    stream.next_layer().connect(loopback(port));
  }
  // On the stream that is spoken: the outer one after a handshake.
  template <class Action>
  auto on_stream(Action action) {
    return over_tls ? action(stream) : action(stream.next_layer());
  }

  asio::io_context context;
  asio::ssl::context tls;
  asio::ssl::stream<tcp::socket> stream{context, tls};
  bool over_tls = false;
  std::string tls_error;
  beast::flat_buffer buffer;
};

WebConnection::WebConnection(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}

WebConnection::WebConnection(std::uint16_t port, const WebTls& tls)
    : impl_(std::make_unique<Impl>(port, client_context(tls))) {
  error_code error;
  impl_->stream.handshake(asio::ssl::stream_base::client, error);
  impl_->over_tls = true;
  if (error) impl_->tls_error = error.message();
}

WebConnection::~WebConnection() = default;

const std::string& WebConnection::tls_error() const { return impl_->tls_error; }

std::string WebConnection::server_certificate() const {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(impl_->stream.native_handle()),
                                                          X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), BIO_free_all);
  if (shown == nullptr || PEM_write_bio_X509(text.get(), shown.get()) != 1) return "";
  char* begin = nullptr;
  const long size = BIO_get_mem_data(text.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

std::string WebConnection::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(impl_->stream.native_handle(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

bool WebConnection::send(const std::string& bytes) {
  error_code error;
  impl_->on_stream([&](auto& stream) { return asio::write(stream, asio::buffer(bytes), error); });
  return !error;
}

std::optional<WebResponse> WebConnection::read(bool head_only) {
  namespace http = beast::http;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * 1024 * 1024);
  parser.skip(head_only);
  error_code error;
  impl_->on_stream([&](auto& stream) { return http::read(stream, impl_->buffer, parser, error); });
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
  while (!error) impl_->on_stream([&](auto& stream) { return stream.read_some(asio::buffer(scratch), error); });
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
  virtual ~Impl() = default;
  virtual unsigned connect(std::uint16_t port, const std::string& target, const WebHeaders& headers) = 0;
  virtual void send(const std::string& text) = 0;
  virtual std::optional<std::string> read() = 0;
  virtual std::uint16_t close_code() const = 0;
};

template <class Stream>
struct WebSocketClient::Over final : WebSocketClient::Impl {
  explicit Over(asio::ssl::context&& the_tls) : tls(std::move(the_tls)) {}
  explicit Over() : Over(asio::ssl::context(asio::ssl::context::tls_client)) {}

  unsigned connect(std::uint16_t port, const std::string& target, const WebHeaders& headers) override {
    error_code error;
    beast::get_lowest_layer(*stream).connect(loopback(port));
    if constexpr (!std::is_same_v<Stream, tcp::socket>) {
      stream->next_layer().handshake(asio::ssl::stream_base::client, error);
      if (error) return 0;
    }
    stream->set_option(beast::websocket::stream_base::decorator([&headers](beast::websocket::request_type& request) {
      for (const auto& [name, value] : headers) request.set(name, value);
    }));
    beast::websocket::response_type response;
    stream->handshake(response, "127.0.0.1:" + std::to_string(port), target, error);
    return response.result_int();
  }
  void send(const std::string& text) override {
    error_code error;
    stream->text(true);
    stream->write(asio::buffer(text), error);
  }
  std::optional<std::string> read() override {
    beast::flat_buffer buffer;
    error_code error;
    stream->read(buffer, error);
    if (error) return std::nullopt;
    return beast::buffers_to_string(buffer.data());
  }
  std::uint16_t close_code() const override { return stream->reason().code; }

  static auto make(asio::io_context& context, asio::ssl::context& tls) {
    using WebSocket = beast::websocket::stream<Stream>;
    if constexpr (std::is_same_v<Stream, tcp::socket>) {
      return std::make_unique<WebSocket>(context);
    } else {
      return std::make_unique<WebSocket>(context, tls);
    }
  }

  asio::io_context context;
  asio::ssl::context tls;
  std::unique_ptr<beast::websocket::stream<Stream>> stream = make(context, tls);
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::~WebSocketClient() = default;

std::pair<unsigned, std::unique_ptr<WebSocketClient>> WebSocketClient::connect(std::uint16_t port,
                                                                               const std::string& target,
                                                                               const WebHeaders& headers,
                                                                               const WebTls* tls) {
  std::unique_ptr<Impl> impl;
  if (tls == nullptr) {
    impl = std::make_unique<Over<tcp::socket>>();
  } else {
    impl = std::make_unique<Over<asio::ssl::stream<tcp::socket>>>(client_context(*tls));
  }
  const unsigned status = impl->connect(port, target, headers);
  if (status != 101) return {status, nullptr};
  return {status, std::unique_ptr<WebSocketClient>(new WebSocketClient(std::move(impl)))};
}

void WebSocketClient::send(const std::string& text) { impl_->send(text); }

std::optional<std::string> WebSocketClient::read() { return impl_->read(); }

std::uint16_t WebSocketClient::close_code() const { return impl_->close_code(); }

}  // namespace tinyrig::testing_support
