#include "server/oidc/https_get.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"

namespace tinyrig::oidc {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Stream = asio::ssl::stream<beast::tcp_stream>;

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr char kHttpsPort[] = "443";

bool is_host(const std::string& text) {
  return !text.empty() && text.size() <= 253 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

bool is_port(const std::string& text) {
  std::uint32_t port = 0;
  return text.find_first_not_of("0123456789") == std::string::npos && absl::SimpleAtoi(text, &port) && port >= 1 &&
         port <= 65'535;
}

bool is_path(const std::string& text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~%!$&'()*+,;=:@") ==
         std::string::npos;
}

absl::StatusOr<asio::ssl::context> make_tls(const std::filesystem::path& ca_file) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  error_code error;
  tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error && ca_file.empty()) tls.set_default_verify_paths(error);
  if (!error && !ca_file.empty()) tls.load_verify_file(ca_file.string(), error);
  if (!error) return tls;
  return make_error(absl::StatusCode::kInvalidArgument, "CA_FILE_INVALID",
                    absl::StrCat("cannot take certificates from ", ca_file.empty() ? "this system" : ca_file.string(),
                                 ": ", error.message()),
                    "It must be a file of certificates in PEM.");
}

absl::Status failed(const HttpsUrl& url, const std::string& problem) {
  return make_error(absl::StatusCode::kUnavailable, "HTTPS_FAILED", absl::StrCat("GET ", url.text(), ": ", problem));
}

std::string describe(const error_code& error, const HttpsLimits& limits) {
  if (error == beast::error::timeout) return absl::StrCat("took longer than ", limits.time.count(), " ms");
  if (error == http::error::body_limit) return absl::StrCat("the answer has over ", limits.body_bytes, " bytes");
  return error.message();
}

std::string describe_handshake(Stream& stream, const error_code& error, const HttpsLimits& limits) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (error == beast::error::timeout || verified == X509_V_OK) return describe(error, limits);
  return absl::StrCat("its certificate is refused: ", X509_verify_cert_error_string(verified));
}

http::request<http::empty_body> make_request(const HttpsUrl& url) {
  http::request<http::empty_body> request(http::verb::get, url.path.empty() ? "/" : url.path, 11);
  request.set(http::field::host, url.port == kHttpsPort ? url.host : absl::StrCat(url.host, ":", url.port));
  request.set(http::field::user_agent, "tinyrigd");
  request.set(http::field::accept, "application/json");
  request.keep_alive(false);
  return request;
}

}  // namespace

std::string HttpsUrl::text() const {
  return absl::StrCat("https://", host, port == kHttpsPort ? "" : absl::StrCat(":", port), path);
}

absl::StatusOr<HttpsUrl> parse_https_url(const std::string& text) {
  constexpr std::string_view kScheme = "https://";
  const std::string rest = text.starts_with(kScheme) ? text.substr(kScheme.size()) : "";
  const std::size_t host_end = std::min(rest.find('/'), rest.size());
  const std::string authority = rest.substr(0, host_end);
  const std::size_t colon = authority.find(':');
  HttpsUrl url;
  url.host = absl::AsciiStrToLower(authority.substr(0, colon));
  url.port = colon == std::string::npos ? kHttpsPort : authority.substr(colon + 1);
  url.path = rest.substr(host_end);
  if (is_host(url.host) && is_port(url.port) && is_path(url.path)) return url;
  return make_error(absl::StatusCode::kInvalidArgument, "URL_INVALID",
                    "the url must be https://HOST or https://HOST:PORT/PATH, without user, query and fragment");
}

asio::awaitable<absl::StatusOr<std::string>> https_get(HttpsUrl url, std::filesystem::path ca_file,
                                                       HttpsLimits limits) {
  auto tls = make_tls(ca_file);
  if (!tls.ok()) co_return tls.status();
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  auto resolving = resolver.async_resolve(url.host, url.port, kUseTuple);
  const auto [resolve_error, endpoints] = co_await std::move(resolving);
  if (resolve_error) co_return failed(url, resolve_error.message());

  Stream stream(executor, *tls);
  error_code setup_error;
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host), setup_error);
  if (setup_error || SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1) {
    co_return failed(url, "TLS cannot be set up");
  }
  beast::tcp_stream& tcp_stream = beast::get_lowest_layer(stream);
  tcp_stream.expires_after(limits.time);  // holds for all that follows
  auto connecting = tcp_stream.async_connect(endpoints, kUseTuple);
  const auto [connect_error, endpoint] = co_await std::move(connecting);
  if (connect_error) co_return failed(url, describe(connect_error, limits));
  auto shaking = stream.async_handshake(asio::ssl::stream_base::client, kUseTuple);
  const auto [handshake_error] = co_await std::move(shaking);
  if (handshake_error) co_return failed(url, describe_handshake(stream, handshake_error, limits));

  const http::request<http::empty_body> request = make_request(url);
  auto writing = http::async_write(stream, request, kUseTuple);
  const auto [write_error, written] = co_await std::move(writing);
  if (write_error) co_return failed(url, describe(write_error, limits));
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.header_limit(kHeaderBytes);
  parser.body_limit(limits.body_bytes);
  auto reading = http::async_read(stream, buffer, parser, kUseTuple);
  const auto [read_error, read] = co_await std::move(reading);
  if (read_error) co_return failed(url, describe(read_error, limits));
  const unsigned status = parser.get().result_int();
  if (status != 200) {
    co_return failed(url, absl::StrCat("answered ", status, status / 100 == 3 ? "; redirects are not followed" : ""));
  }
  co_return std::move(parser.get().body());
}

absl::Status check_ca_file(const std::filesystem::path& ca_file) { return make_tls(ca_file).status(); }

}  // namespace tinyrig::oidc
