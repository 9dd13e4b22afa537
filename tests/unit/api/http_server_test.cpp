// The HTTP server over real sockets.
#include "tests/support/web/web_client.h"
#include "tests/unit/api/echo_server.h"

namespace tinyrig::api {
namespace {

using testing_support::fetch;
using testing_support::request_text;
using testing_support::WebConnection;
using testing_support::WebSocketClient;

TEST_F(HttpServerTest, RequestAndAnswer) {
  start();
  const auto response = fetch("POST", port_, "/a/b?x=1", "hello");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.headers.at("x-path"), "/a/b");
  EXPECT_EQ(response.body, "POST x=1 hello");
}

TEST_F(HttpServerTest, KeepsTheConnectionAndAnswersInOrder) {
  start();
  WebConnection connection(port_);
  connection.send(request_text("GET", "/1", port_, {}, "") + request_text("GET", "/2", port_, {}, ""));
  EXPECT_EQ(connection.read()->headers.at("x-path"), "/1");
  EXPECT_EQ(connection.read()->headers.at("x-path"), "/2");
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  start();
  WebConnection connection(port_);
  connection.send(request_text("HEAD", "/1", port_, {}, "") + request_text("GET", "/2", port_, {}, ""));
  const auto head = connection.read(true);
  EXPECT_EQ(head->status, 200U);
  EXPECT_EQ(head->headers.at("content-length"), "6");
  EXPECT_EQ(connection.read()->headers.at("x-path"), "/2") << "no byte of a body in between";
}

TEST_F(HttpServerTest, OversizedBodyIsRefusedWithoutReadingIt) {
  start({.body_bytes = 1000});
  EXPECT_EQ(fetch("POST", port_, "/", std::string(1000, 'x')).status, 200U);
  const auto refused = fetch("POST", port_, "/", std::string(1001, 'x'));
  EXPECT_EQ(refused.status, 413U);
  EXPECT_EQ(refused.body, "HTTP_BODY_TOO_LARGE");
  EXPECT_EQ(fetch("POST", port_, "/", std::string(3'000'000, 'x')).status, 413U);
}

TEST_F(HttpServerTest, OversizedChunkedBody) {
  start({.body_bytes = 1000});
  WebConnection connection(port_);
  connection.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3e9\r\n" +
      std::string(1001, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(connection.read()->status, 413U);
}

TEST_F(HttpServerTest, OversizedHeader) {
  start({.header_bytes = 2000});
  const auto refused = fetch("GET", port_, "/", "", {{"X-Long", std::string(3000, 'x')}});
  EXPECT_EQ(refused.status, 431U);
  EXPECT_EQ(refused.body, "HTTP_HEADER_TOO_LARGE");
}

TEST_F(HttpServerTest, GarbageIsRefused) {
  start();
  for (const std::string& bytes : {std::string("garbage\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
                                   std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 13),
                                   std::string("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
                                   std::string("GET / HTTP/1.1\r\nNo colon\r\n\r\n")}) {
    WebConnection connection(port_);
    connection.send(bytes);
    const auto response = connection.read();
    ASSERT_TRUE(response.has_value()) << bytes;
    EXPECT_EQ(response->status, 400U) << bytes;
    EXPECT_EQ(response->body, "HTTP_MALFORMED") << bytes;
  }
}

TEST_F(HttpServerTest, SlowHeaderAndSlowBodyAreCut) {
  start({.header_timeout = std::chrono::milliseconds(100), .body_timeout = std::chrono::milliseconds(100)});
  WebConnection header(port_);
  header.send("GET / HTTP/1.1\r\nHost: local");
  header.wait_for_close();
  WebConnection body(port_);
  body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");
  body.wait_for_close();
  WebConnection idle(port_);
  idle.wait_for_close();
}

TEST_F(HttpServerTest, TooManyConnections) {
  start({.connections = 2});
  WebConnection first(port_);
  WebConnection second(port_);
  first.send(request_text("GET", "/", port_, {}, ""));
  EXPECT_EQ(first.read()->status, 200U);
  second.send(request_text("GET", "/", port_, {}, ""));
  EXPECT_EQ(second.read()->status, 200U);
  WebConnection third(port_);
  third.wait_for_close();
}

TEST_F(HttpServerTest, WebSocketEchoes) {
  start();
  auto [status, socket] = WebSocketClient::connect(port_, "/ws");
  ASSERT_EQ(status, 101U);
  socket->send("one");
  EXPECT_EQ(socket->read(), "echo one");
  EXPECT_EQ(socket->read(), "and again");
  socket->send("bye");
  EXPECT_EQ(socket->read(), std::nullopt);
  EXPECT_EQ(socket->close_code(), 1000);
  EXPECT_EQ(WebSocketClient::connect(port_, "/other").first, 404U);
}

TEST_F(HttpServerTest, WebSocketMessageTooLarge) {
  start({.websocket_message_bytes = 100});
  auto [status, socket] = WebSocketClient::connect(port_, "/ws");
  socket->send(std::string(101, 'x'));
  EXPECT_EQ(socket->read(), std::nullopt);
  EXPECT_EQ(socket->close_code(), 1009);
}

TEST_F(HttpServerTest, StopsWithIdleConnectionsOpenSocketsAndAnUnansweredRequest) {
  start();
  WebConnection idle(port_);
  idle.send(request_text("GET", "/", port_, {}, ""));
  EXPECT_EQ(idle.read()->status, 200U);
  auto [status, socket] = WebSocketClient::connect(port_, "/ws");
  socket->send("x");
  EXPECT_EQ(socket->read(), "echo x");
  WebConnection waiting(port_);
  waiting.send(request_text("GET", "/never", port_, {}, ""));
  application_.wait_for_kept();

  server_->begin_stop();
  server_->finish_stop();
  idle.wait_for_close();
  waiting.wait_for_close();
  application_.take_kept()(HttpResponse{});  // an answer that comes too late hurts nobody
}

TEST_F(HttpServerTest, PortInUse) {
  start();
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  const auto second = HttpServer::start(address, {}, application_, context_.get_executor());
  EXPECT_EQ(reason_of(second.status()), "PORT_IN_USE");
  EXPECT_NE(std::string(second.status().message()).find(address), std::string::npos);
}

TEST_F(HttpServerTest, AddressOfAnotherMachine) {
  start();
  EXPECT_EQ(reason_of(HttpServer::start("192.0.2.1:0", {}, application_, context_.get_executor()).status()),
            "ADDRESS_UNUSABLE");
  EXPECT_EQ(reason_of(HttpServer::start("nonsense", {}, application_, context_.get_executor()).status()),
            "LISTEN_ADDRESS_INVALID");
}

}  // namespace
}  // namespace tinyrig::api
