// An HTTP server on a real socket, with an application of a few lines.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/api/http/http_server.h"
#include "server/base/error.h"

namespace tinyrig::api {

// Echoes what it is sent; closes on "bye"; counts.
class EchoSocket final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(std::string text) override {
    if (text == "bye") return socket_->close(1000, "bye");
    socket_->send("echo " + text);
    socket_->send("and again");
  }
  void on_drained() override {}
  void on_close() override { socket_.reset(); }

 private:
  std::shared_ptr<WebSocket> socket_;
};

class EchoApplication final : public HttpApplication {
 public:
  void handle(HttpRequest request, HttpReply reply) override {
    HttpResponse response;
    response.headers.emplace_back("X-Path", request.path);
    response.body = request.method + " " + request.query + " " + request.body;
    if (request.path == "/never") {
      const std::lock_guard lock(mutex_);
      kept_ = std::move(reply);
      changed_.notify_all();
      return;
    }
    reply(std::move(response));
  }
  std::variant<std::shared_ptr<WebSocketHandler>, HttpResponse> upgrade(const HttpRequest& request) override {
    if (request.path == "/ws") return std::make_shared<EchoSocket>();
    return refuse(404, absl::NotFoundError("no"));
  }
  HttpResponse refuse(unsigned http_status, const absl::Status& why) override {
    HttpResponse response;
    response.status = http_status;
    response.body = reason_of(why);
    return response;
  }

  void wait_for_kept() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return kept_ != nullptr; });
  }
  HttpReply take_kept() {
    const std::lock_guard lock(mutex_);
    return std::move(kept_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  HttpReply kept_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(const HttpLimits& limits = {}, std::shared_ptr<const tls::CurrentIdentity> identity = nullptr) {
    auto server = HttpServer::start("127.0.0.1:0", limits, application_, context_.get_executor(), std::move(identity));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    port_ = server_->port();
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context_.run(); });
  }
  void TearDown() override {
    server_.reset();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(application_.take_kept(), nullptr);
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  EchoApplication application_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tinyrig::api
