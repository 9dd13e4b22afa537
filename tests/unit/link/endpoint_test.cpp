// The endpoint's rules one by one: sessions, windows, refusal, polls.
#include "wire/link/endpoint.h"

#include <gtest/gtest.h>

#include <vector>

namespace tinyrig::link {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Side {
  Side(Role role, std::uint16_t window)
      : receive(decoded_frame_bytes(256)), transmit(2048), endpoint(role, receive, transmit, window) {}
  Bytes receive, transmit;
  Endpoint endpoint;
};

// All frames that `from` has to say, given to `to`; the events that came of it.
std::vector<Event> carry(Endpoint& from, Endpoint& to) {
  std::vector<Event> events;
  while (true) {
    const auto view = from.output();
    if (view.empty()) {
      return events;
    }
    const Bytes frame(view.begin(), view.end());
    for (std::size_t at = 0; at < frame.size();) {
      std::size_t used = 0;
      const Event event = to.receive(std::span(frame).subspan(at), used);
      at += used;
      if (event == Event::kHello) {
        to.accept_hello();
        to.send_hello_reply(Bytes{7});
      }
      if (event != Event::kNone) {
        events.push_back(event);
      }
    }
  }
}

class EndpointTest : public testing::Test {
 protected:
  void connect(std::uint16_t tag = 0x1111) {
    ASSERT_TRUE(host.endpoint.start(tag, Bytes{1, 2, static_cast<std::uint8_t>(tag)}));
    carry(host.endpoint, board.endpoint);
    EXPECT_EQ(carry(board.endpoint, host.endpoint), std::vector<Event>{Event::kHelloAck});
    ASSERT_TRUE(host.endpoint.established());
    carry(host.endpoint, board.endpoint);
  }
  Side host{Role::kHost, 4096};
  Side board{Role::kBoard, 448};
};

TEST_F(EndpointTest, NothingIsSentWithoutASession) {
  EXPECT_FALSE(host.endpoint.send(Bytes{1}));
  EXPECT_FALSE(board.endpoint.send(Bytes{1}));
  EXPECT_TRUE(board.endpoint.output().empty());
}

TEST_F(EndpointTest, BoardSendsOnlyToAHostThatKnowsOfTheSession) {
  ASSERT_TRUE(host.endpoint.start(0x1111, Bytes{1}));
  carry(host.endpoint, board.endpoint);
  EXPECT_FALSE(board.endpoint.send(Bytes{1}));
  carry(board.endpoint, host.endpoint);
  carry(host.endpoint, board.endpoint);
  EXPECT_TRUE(board.endpoint.send(Bytes{1}));
}

TEST_F(EndpointTest, MessageIsDeliveredOnceAndAcknowledged) {
  connect();
  ASSERT_TRUE(host.endpoint.send(Bytes{1, 2, 3}));
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kMessage});
  EXPECT_EQ(Bytes(board.endpoint.payload().begin(), board.endpoint.payload().end()), (Bytes{1, 2, 3}));
  EXPECT_FALSE(host.endpoint.all_acknowledged());
  carry(board.endpoint, host.endpoint);
  EXPECT_TRUE(host.endpoint.all_acknowledged());
}

TEST_F(EndpointTest, WindowBoundsWhatIsUnderWay) {
  connect();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(host.endpoint.send(Bytes(200, 5)));
  }
  std::size_t bytes = 0;
  while (true) {
    const auto frame = host.endpoint.output();
    if (frame.empty()) {
      break;
    }
    bytes += frame.size();
  }
  EXPECT_LE(bytes, 448U);
  EXPECT_GT(bytes, 400U);
}

TEST_F(EndpointTest, FullTransmitBufferRefusesUntilAcknowledged) {
  connect();
  int queued = 0;
  while (host.endpoint.send(Bytes(256, 1))) {
    ++queued;
  }
  EXPECT_EQ(queued, 7);  // 7 * (2 + 273) <= 2048
  carry(host.endpoint, board.endpoint);
  carry(board.endpoint, host.endpoint);
  EXPECT_TRUE(host.endpoint.send(Bytes(256, 1)));
}

TEST_F(EndpointTest, DataOfAnUnknownSessionIsAnsweredNoSession) {
  connect();
  board.endpoint.drop_session();  // it was reset
  ASSERT_TRUE(host.endpoint.send(Bytes{1}));
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kControl});
  EXPECT_EQ(carry(board.endpoint, host.endpoint), std::vector<Event>{Event::kNoSession});
  EXPECT_FALSE(host.endpoint.established());
}

TEST_F(EndpointTest, StaleFramesOfAnEarlierSessionAreDropped) {
  connect(0x1111);
  ASSERT_TRUE(host.endpoint.send(Bytes{1}));
  const auto view = host.endpoint.output();
  const Bytes stale(view.begin(), view.end());
  connect(0x2222);
  std::size_t used = 0;
  EXPECT_EQ(board.endpoint.receive(stale, used), Event::kControl);
  EXPECT_EQ(board.endpoint.counters().stale, 1U);
  // Its NO_SESSION names the old session: the host, being in the new one, is not disturbed.
  carry(board.endpoint, host.endpoint);
  EXPECT_TRUE(host.endpoint.established());
}

TEST_F(EndpointTest, RepeatedHelloDoesNotDisturbTheSession) {
  ASSERT_TRUE(host.endpoint.start(0x1111, Bytes{1, 2, 3}));
  const auto view = host.endpoint.output();
  const Bytes hello(view.begin(), view.end());
  Bytes twice = hello;
  std::size_t used = 0;
  ASSERT_EQ(board.endpoint.receive(hello, used), Event::kHello);
  board.endpoint.accept_hello();
  ASSERT_TRUE(board.endpoint.send_hello_reply(Bytes{7}));
  carry(board.endpoint, host.endpoint);
  carry(host.endpoint, board.endpoint);
  ASSERT_TRUE(host.endpoint.send(Bytes{1}));
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kMessage});
  ASSERT_EQ(board.endpoint.receive(twice, used), Event::kHello);
  board.endpoint.accept_hello();
  ASSERT_TRUE(board.endpoint.send_hello_reply(Bytes{7}));
  carry(board.endpoint, host.endpoint);
  ASSERT_TRUE(host.endpoint.send(Bytes{2}));
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kMessage});
}

TEST_F(EndpointTest, RefusedMessageComesAgainAfterAPoll) {
  connect();
  board.endpoint.accept(false);
  ASSERT_TRUE(host.endpoint.send(Bytes{42}));
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kControl});
  board.endpoint.accept(true);
  host.endpoint.poll();
  carry(host.endpoint, board.endpoint);
  carry(board.endpoint, host.endpoint);
  EXPECT_EQ(carry(host.endpoint, board.endpoint), std::vector<Event>{Event::kMessage});
}

TEST_F(EndpointTest, NoDataLeavesBetweenPollAndAnswer) {
  connect();
  host.endpoint.poll();
  ASSERT_TRUE(host.endpoint.send(Bytes{1}));
  ASSERT_FALSE(host.endpoint.output().empty());  // the POLL
  EXPECT_TRUE(host.endpoint.output().empty());
  EXPECT_EQ(host.endpoint.counters().data_frames_sent, 0U);
}

TEST_F(EndpointTest, OneNakPerGap) {
  connect();
  const Bytes noise = {5, 1, 1, 0, 9, 9, 0};
  std::size_t used = 0;
  EXPECT_EQ(board.endpoint.receive(noise, used), Event::kBadChunk);
  EXPECT_EQ(board.endpoint.receive(std::span(noise).subspan(used), used), Event::kBadChunk);
  EXPECT_FALSE(board.endpoint.output().empty());
  EXPECT_TRUE(board.endpoint.output().empty());
}

TEST_F(EndpointTest, AcknowledgementOfWhatWasNeverSentIsIgnored) {
  connect();
  ASSERT_TRUE(host.endpoint.send(Bytes{1}));
  Bytes frame(max_encoded_bytes(0));
  frame.resize(encode_frame(
      {.kind = FrameKind::kAck, .flags = 0, .session = 0x1111, .seq = 0, .ack = 900, .window = 448}, {}, frame.data()));
  std::size_t used = 0;
  EXPECT_EQ(host.endpoint.receive(frame, used), Event::kControl);
  EXPECT_FALSE(host.endpoint.all_acknowledged());
}

}  // namespace
}  // namespace tinyrig::link
