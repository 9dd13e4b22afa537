#include "tests/support/oidc/issuer_server.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "absl/strings/str_cat.h"
#include "server/base/use_tuple.h"

namespace tinyrig::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

}  // namespace

class IssuerServer::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& io, const ServerCertificate& certificate)
      : acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)), tls_(asio::ssl::context::tls_server) {
    tls_.use_certificate_chain(asio::buffer(certificate.certificate_pem));
    tls_.use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem);
  }

  asio::awaitable<void> run() {
    for (;;) {
      auto accepting = acceptor.async_accept(kUseTuple);
      auto [error, socket] = co_await std::move(accepting);
      if (error) co_return;
      if (manner == Manner::kHangsUp) continue;
      auto connection = std::make_shared<asio::ssl::stream<tcp::socket>>(std::move(socket), tls_);
      asio::co_spawn(
          acceptor.get_executor(), [self = shared_from_this(), connection] { return self->serve(connection); },
          asio::detached);
    }
  }

  tcp::acceptor acceptor;
  std::map<std::string, std::string> answers;
  std::map<std::string, int> requests;
  Manner manner = Manner::kAnswers;

 private:
  asio::awaitable<void> serve(std::shared_ptr<asio::ssl::stream<tcp::socket>> connection) {
    auto shaking = connection->async_handshake(asio::ssl::stream_base::server, kUseTuple);
    const auto [handshake_error] = co_await std::move(shaking);
    if (handshake_error) co_return;
    std::string request;
    auto buffer = asio::dynamic_buffer(request, 16'384);
    auto reading = asio::async_read_until(*connection, buffer, "\r\n\r\n", kUseTuple);
    const auto [read_error, read] = co_await std::move(reading);
    if (read_error) co_return;
    const std::size_t path_begin = request.find(' ') + 1;
    const std::string path = request.substr(path_begin, request.find(' ', path_begin) - path_begin);
    ++requests[path];
    if (manner == Manner::kIsSilent) {
      std::array<char, 64> rest;
      auto waiting = connection->async_read_some(asio::buffer(rest), kUseTuple);
      co_await std::move(waiting);  // until the client has had enough
      co_return;
    }
    const auto found = answers.find(path);
    const std::string answer = found == answers.end() ? http_answer("404 Not Found", "") : found->second;
    auto writing = asio::async_write(*connection, asio::buffer(answer), kUseTuple);
    co_await std::move(writing);
  }

  asio::ssl::context tls_;
};

IssuerServer::IssuerServer(asio::io_context& io, const ServerCertificate& certificate)
    : state_(std::make_shared<State>(io, certificate)) {
  asio::co_spawn(
      io, [state = state_] { return state->run(); }, asio::detached);
}

IssuerServer::~IssuerServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

std::string IssuerServer::url() const {
  return absl::StrCat("https://localhost:", state_->acceptor.local_endpoint().port());
}

void IssuerServer::answer(const std::string& path, std::string bytes) { state_->answers[path] = std::move(bytes); }

void IssuerServer::serve_keys(const std::string& key_set) {
  answer(kDiscoveryPath,
         http_answer("200 OK", absl::StrCat("{\"issuer\":\"", url(), "\",\"jwks_uri\":\"", url(), kKeysPath, "\"}")));
  answer(kKeysPath, http_answer("200 OK", key_set));
}

void IssuerServer::set_manner(Manner manner) { state_->manner = manner; }

int IssuerServer::requests(const std::string& path) const {
  const auto found = state_->requests.find(path);
  return found == state_->requests.end() ? 0 : found->second;
}

std::string http_answer(const std::string& status, const std::string& body, const std::string& headers) {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n", headers,
                      "\r\n", body);
}

}  // namespace tinyrig::test
