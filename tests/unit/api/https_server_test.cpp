// The HTTP server over TLS, over real sockets: who gets in, what becomes of those who do not, and certificates that
// change while it serves.
#include "server/base/clock.h"
#include "server/tls/current_identity.h"
#include "tests/support/store/store_fixture.h"
#include "tests/support/tls/lab.h"
#include "tests/support/web/web_client.h"
#include "tests/unit/api/echo_server.h"

namespace tinyrig::api {
namespace {

using testing_support::Lab;
using testing_support::request_text;
using testing_support::WebConnection;
using testing_support::WebResponse;
using testing_support::WebSocketClient;
using testing_support::WebTls;
using testing_support::write_file;
using testing_support::write_pair;

// A whole ClientHello by its lengths.
const std::string kHelloOfNonsense =
    std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9) + std::string(0x3ffc, '\x07');

class HttpsServerTest : public HttpServerTest {
 protected:
  void start_tls(const HttpLimits& limits = {}, bool mutual = false) {
    tls::ServerFiles files = write_pair(folder_.path(), "server", pair_);
    if (mutual) {
      files.client_ca = folder_.path() / "ca.crt";
      write_file(files.client_ca, lab_.ca().certificate_pem);
    }
    auto identity = tls::CurrentIdentity::load(files, clock_);
    ASSERT_TRUE(identity.ok()) << identity.status();
    identity_ = *std::move(identity);
    start(limits, identity_);
  }
  std::optional<WebResponse> get(const WebTls& tls, const std::string& path = "/") {
    WebConnection connection(port_, tls);
    EXPECT_EQ(connection.tls_error(), "");
    connection.send(request_text("GET", path, port_, {}, ""));
    return connection.read();
  }
  // Another client is served all the same.
  void expect_serving() {
    const auto response = get(trusting_);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 200U);
  }

  const testing_support::TemporaryFolder folder_;
  const SystemClock clock_;
  const Lab lab_;
  const tls::CertificateAndKey pair_ = lab_.server();
  const WebTls trusting_{lab_.ca().certificate_pem};
  std::shared_ptr<tls::CurrentIdentity> identity_;
};

TEST_F(HttpsServerTest, RequestsAndAnswers) {
  start_tls();
  WebConnection connection(port_, trusting_);
  ASSERT_EQ(connection.tls_error(), "");
  EXPECT_EQ(connection.server_certificate(), pair_.certificate_pem);
  connection.send(request_text("POST", "/1", port_, {}, std::string(500'000, 'x')));
  const auto first = connection.read();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->body, "POST  " + std::string(500'000, 'x'));
  EXPECT_EQ(first->headers.at("strict-transport-security"), "max-age=31536000");
  connection.send(request_text("GET", "/2", port_, {{"Connection", "close"}}, ""));
  EXPECT_EQ(connection.read()->headers.at("x-path"), "/2");
  connection.wait_for_close();
}

TEST_F(HttpServerTest, WithoutTlsNobodyIsToldToUseIt) {
  start();
  EXPECT_EQ(testing_support::fetch("GET", port_, "/").headers.count("strict-transport-security"), 0U);
}

TEST_F(HttpsServerTest, ARefusalArrivesWhole) {
  start_tls({.body_bytes = 1000});
  WebConnection connection(port_, trusting_);
  connection.send(request_text("POST", "/", port_, {}, std::string(1001, 'x')));
  const auto refused = connection.read();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 413U);
  EXPECT_EQ(refused->body, "HTTP_BODY_TOO_LARGE");
}

TEST_F(HttpsServerTest, WebSocketEchoes) {
  start_tls();
  auto [status, socket] = WebSocketClient::connect(port_, "/ws", {}, &trusting_);
  ASSERT_EQ(status, 101U);
  socket->send("one");
  EXPECT_EQ(socket->read(), "echo one");
  EXPECT_EQ(socket->read(), "and again");
  socket->send("bye");
  EXPECT_EQ(socket->read(), std::nullopt);
  EXPECT_EQ(socket->close_code(), 1000);
}

TEST_F(HttpsServerTest, AClientOfAnotherCaGoes) {
  start_tls();
  const WebConnection connection(port_, {Lab("another").ca().certificate_pem});
  EXPECT_NE(connection.tls_error(), "");
  expect_serving();
}

TEST_F(HttpsServerTest, MutualTls) {
  start_tls({}, true);
  const Lab other("another");
  const tls::CertificateAndKey ours = lab_.client();
  const tls::CertificateAndKey theirs = other.client();
  const WebTls known{lab_.ca().certificate_pem, ours.certificate_pem, ours.key_pem};
  EXPECT_EQ(get(known)->status, 200U);
  EXPECT_EQ(get(trusting_), std::nullopt) << "it shows no certificate";
  EXPECT_EQ(get({lab_.ca().certificate_pem, theirs.certificate_pem, theirs.key_pem}), std::nullopt);
  EXPECT_EQ(get({lab_.ca().certificate_pem, pair_.certificate_pem, pair_.key_pem}), std::nullopt)
      << "a server's certificate is none of a client";
  EXPECT_NE(WebSocketClient::connect(port_, "/ws", {}, &trusting_).first, 101U);
  EXPECT_EQ(WebSocketClient::connect(port_, "/ws", {}, &known).first, 101U);
}

TEST_F(HttpsServerTest, VersionsAndProtocols) {
  start_tls();
  const auto error = [&](int newest, const std::string& protocols) {
    WebTls tls = trusting_;
    tls.newest_version = newest;
    tls.protocols = protocols;
    return WebConnection(port_, tls).tls_error();
  };
  EXPECT_EQ(error(TLS1_2_VERSION, ""), "");
  EXPECT_NE(error(TLS1_1_VERSION, ""), "");
  EXPECT_NE(error(0, "\x02h2"), "") << "it speaks no HTTP/2";
  WebTls both = trusting_;
  both.protocols = "\x02h2\x08http/1.1";
  EXPECT_EQ(WebConnection(port_, both).protocol(), "http/1.1");
}

TEST_F(HttpsServerTest, PlainHttpIsToldToUseTls) {
  start_tls();
  const auto response = testing_support::fetch("GET", port_, "/");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.body, "HTTP_NEEDS_TLS");
  EXPECT_EQ(testing_support::fetch("POST", port_, "/", std::string(100'000, 'x')).status, 400U);
  expect_serving();
}

TEST_F(HttpsServerTest, JunkIsClosed) {
  start_tls();
  for (const std::string& bytes :
       {std::string("\0", 1), std::string("junk that is no handshake"), std::string(70'000, '\xff'), kHelloOfNonsense,
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}) {
    WebConnection connection(port_);
    connection.send(bytes);
    if (bytes.size() > 1) connection.wait_for_close();
  }
  expect_serving();
}

TEST_F(HttpsServerTest, AHandshakeThatNeverEndsIsCut) {
  start_tls({.handshake_timeout = std::chrono::milliseconds(1000)});  // the good one must come through
  WebConnection silent(port_);
  WebConnection half(port_);
  half.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));  // a ClientHello begins
  half.wait_for_close();
  silent.wait_for_close();
  expect_serving();
}

TEST_F(HttpsServerTest, ASlowHeaderAfterTheHandshakeIsCut) {
  start_tls({.header_timeout = std::chrono::milliseconds(100)});
  WebConnection slow(port_, trusting_);
  slow.send("GET / HTTP/1.1\r\nHost: local");
  slow.wait_for_close();
}

TEST_F(HttpsServerTest, NewConnectionsGetTheNewCertificateOldOnesLiveOn) {
  start_tls();
  WebConnection old(port_, trusting_);
  auto [status, socket] = WebSocketClient::connect(port_, "/ws", {}, &trusting_);
  ASSERT_EQ(status, 101U);
  const tls::CertificateAndKey fresh = lab_.server();
  const tls::ServerFiles files = write_pair(folder_.path(), "server", fresh);
  EXPECT_EQ(WebConnection(port_, trusting_).server_certificate(), pair_.certificate_pem) << "nobody has looked yet";
  EXPECT_EQ(*identity_->look(), true);
  EXPECT_EQ(WebConnection(port_, trusting_).server_certificate(), fresh.certificate_pem);
  write_file(files.key, pair_.key_pem);
  EXPECT_FALSE(identity_->look().ok());
  EXPECT_EQ(WebConnection(port_, trusting_).server_certificate(), fresh.certificate_pem) << "half a pair is not used";

  old.send(request_text("GET", "/old", port_, {}, ""));
  EXPECT_EQ(old.read()->headers.at("x-path"), "/old");
  EXPECT_EQ(old.server_certificate(), pair_.certificate_pem);
  socket->send("still there");
  EXPECT_EQ(socket->read(), "echo still there");
}

TEST_F(HttpsServerTest, StopsWithAllKindsOfConnections) {
  start_tls();
  WebConnection handshaking(port_);
  handshaking.send(std::string("\x16\x03\x01\x02\x00", 5));
  WebConnection idle(port_, trusting_);
  idle.send(request_text("GET", "/", port_, {}, ""));
  EXPECT_EQ(idle.read()->status, 200U);
  auto [status, socket] = WebSocketClient::connect(port_, "/ws", {}, &trusting_);
  ASSERT_EQ(status, 101U);
  WebConnection waiting(port_, trusting_);
  waiting.send(request_text("GET", "/never", port_, {}, ""));
  application_.wait_for_kept();

  server_->begin_stop();
  server_->finish_stop();
  idle.wait_for_close();
  waiting.wait_for_close();
  handshaking.wait_for_close();
  application_.take_kept()(HttpResponse{});
}

}  // namespace
}  // namespace tinyrig::api
