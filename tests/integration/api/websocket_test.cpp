// Live events over the WebSocket: numbered, resumable, told of losses, refused to other origins.
#include <google/protobuf/util/json_util.h>

#include "tests/integration/api/api_fixture.h"
#include "tests/support/web/web_client.h"
#include "tinyrig/v1/event.pb.h"

namespace tinyrig::api {
namespace {

using testing_support::WebHeaders;
using testing_support::WebSocketClient;

class WebSocketTest : public ApiTest {
 protected:
  std::unique_ptr<WebSocketClient> open(const std::string& target) const {
    auto [status, socket] = WebSocketClient::connect(api_->http_port(), target);
    EXPECT_EQ(status, 101U) << target;
    return std::move(socket);
  }
  unsigned refusal(const std::string& target, const WebHeaders& headers = {}) const {
    return WebSocketClient::connect(api_->http_port(), target, headers).first;
  }
  static v1::Event next(WebSocketClient& socket) {
    v1::Event event;
    const auto text = socket.read();
    EXPECT_TRUE(text.has_value());
    if (text.has_value()) {
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(*text, &event).ok()) << *text;
    }
    return event;
  }
  std::uint64_t publish(const std::string& text) {
    v1::Event event;
    event.mutable_log()->set_text(text);
    return bus_.publish(std::move(event));
  }
};

TEST_F(WebSocketTest, GreetingThenEventsInOrder) {
  const auto socket = open("/ws");
  const v1::Event greeting = next(*socket);
  EXPECT_EQ(greeting.sequence(), bus_.last_sequence());
  EXPECT_EQ(greeting.epoch(), "epoch-of-this-test");
  EXPECT_EQ(greeting.kind_case(), v1::Event::KIND_NOT_SET);
  publish("one");
  publish("two");
  const v1::Event one = next(*socket);
  EXPECT_EQ(one.log().text(), "one");
  EXPECT_EQ(one.sequence(), greeting.sequence() + 1);
  EXPECT_EQ(next(*socket).log().text(), "two");
}

TEST_F(WebSocketTest, RealEventsOfAJob) {
  const auto socket = open("/ws");
  next(*socket);
  const std::string job_id = submit_digits("big-1");
  play_boards();
  bool finished = false;
  while (!finished) {
    const v1::Event event = next(*socket);
    ASSERT_FALSE(event.has_resync());
    finished = event.has_job() && event.job().job_id() == job_id && event.job().state() == v1::RUN_STATE_FINISHED;
  }
}

TEST_F(WebSocketTest, ResumesByQueryAndByMessage) {
  const std::uint64_t one = publish("one");
  publish("two");
  publish("three");
  const auto socket = open("/ws?after=" + std::to_string(one) + "&epoch=epoch-of-this-test");
  EXPECT_EQ(next(*socket).log().text(), "two");
  EXPECT_EQ(next(*socket).log().text(), "three");
  socket->send("{\"afterSequence\": \"" + std::to_string(one) + "\"}");
  EXPECT_EQ(next(*socket).log().text(), "two");
}

TEST_F(WebSocketTest, AnotherLifeOfTheDaemonMeansResync) {
  const std::uint64_t one = publish("one");
  publish("two");
  const auto other_epoch = open("/ws?after=" + std::to_string(one) + "&epoch=another");
  EXPECT_TRUE(next(*other_epoch).has_resync());
  const auto too_old = open("/ws?after=5");
  EXPECT_TRUE(next(*too_old).has_resync());
  EXPECT_EQ(next(*too_old).log().text(), "one");
}

TEST_F(WebSocketTest, SlowReaderIsBoundedAndTold) {
  const auto socket = open("/ws");
  next(*socket);
  constexpr int kEvents = 30'000;
  std::uint64_t last = 0;
  for (int i = 0; i < kEvents; ++i) last = publish(std::string(500, 'x'));
  std::uint64_t accounted = 0;
  std::uint64_t dropped = 0;
  std::uint64_t newest = 0;
  while (newest != last) {
    const v1::Event event = next(*socket);
    ASSERT_GT(event.sequence(), newest);
    newest = event.sequence();
    dropped += event.resync().dropped();
    accounted += event.has_resync() ? event.resync().dropped() : 1;
  }
  EXPECT_EQ(accounted, static_cast<std::uint64_t>(kEvents));
  EXPECT_GT(dropped, 0U) << "what a client does not read must not pile up in the daemon";
}

TEST_F(WebSocketTest, OtherOriginsHostsAndPathsAreRefused) {
  EXPECT_EQ(refusal("/ws", {{"Origin", "http://evil.example"}}), 403U);
  EXPECT_EQ(refusal("/ws", {{"Origin", "null"}}), 403U);
  EXPECT_EQ(refusal("/ws", {{"Host", "evil.example"}}), 403U);
  EXPECT_EQ(refusal("/other"), 404U);
  EXPECT_EQ(refusal("/ws?after=x"), 400U);
  const std::string own = "http://127.0.0.1:" + std::to_string(api_->http_port());
  EXPECT_EQ(refusal("/ws", {{"Origin", own}}), 101U);
}

TEST_F(WebSocketTest, NonsenseMessageEndsIt) {
  const auto socket = open("/ws");
  next(*socket);
  socket->send("hello");
  EXPECT_EQ(socket->read(), std::nullopt);
  EXPECT_EQ(socket->close_code(), 1008);
}

TEST_F(WebSocketTest, StopSaysGoingAway) {
  const auto socket = open("/ws");
  next(*socket);
  std::thread stopping([this] { api_->stop(); });
  EXPECT_EQ(socket->read(), std::nullopt);
  EXPECT_EQ(socket->close_code(), 1001);
  stopping.join();
}

}  // namespace
}  // namespace tinyrig::api
