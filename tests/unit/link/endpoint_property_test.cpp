// Two endpoints through a faulty pipe, many seeds: every message arrives once, in order, in both
// directions; the link always comes back; the board's ring never overflows on a clean line; what is
// sent again stays bounded. Time is a step counter: no clock.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "tests/support/link/faulty_pipe.h"
#include "wire/link/endpoint.h"

namespace tinyrig::link {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::Faults;
using test::FaultyPipe;

constexpr std::size_t kPayload = 208;
constexpr std::size_t kRing = 512;
constexpr std::uint64_t kPollAfterSteps = 80;

Bytes message(std::uint32_t number, std::mt19937& random) {
  Bytes bytes(4 + random() % (kPayload - 4));
  for (auto& byte : bytes) {
    byte = random() % 4 == 0 ? 0 : static_cast<std::uint8_t>(random());
  }
  for (int i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return bytes;
}

struct Side {
  Side(Role role, std::size_t transmit_bytes, std::uint16_t window)
      : receive(decoded_frame_bytes(kPayload)), transmit(transmit_bytes), endpoint(role, receive, transmit, window) {}
  Bytes receive, transmit;
  Endpoint endpoint;
  std::deque<Bytes> to_send;
  std::vector<Bytes> got;
};

class Rig {
 public:
  Rig(std::uint32_t seed, Faults faults)
      : random_(seed), to_board_(seed * 2 + 1, faults), to_host_(seed * 2 + 2, faults) {
    hello();
  }

  void hello() {
    const std::uint8_t uuid[] = {0x34, 0x12, 3, 4};  // repeated: the same session
    ASSERT_TRUE(host.endpoint.start(0x1234, uuid));
  }

  // One step: the board reads its ring, the host reads, both answer.
  void step() {
    ++now_;
    for (const std::uint8_t byte : to_board_.read(now_)) {
      if (ring_.size() < kRing) {
        ring_.push_back(byte);
      } else {
        ++ring_overflow;
      }
    }
    if (random_() % 4 != 0) {  // at times the board is busy
      Bytes bytes(ring_.begin(), ring_.end());
      ring_.clear();
      feed(board, bytes);
    }
    const bool heard = feed(host, to_host_.read(now_));
    silent_since_ = heard ? now_ : silent_since_;
    if (now_ - silent_since_ > kPollAfterSteps) {
      silent_since_ = now_;
      if (host.endpoint.established()) {
        host.endpoint.poll();
      } else {
        hello();
      }
    }
    pump(host, to_board_);
    pump(board, to_host_);
  }

  bool done(std::size_t messages) const { return host.got.size() == messages && board.got.size() == messages; }

  void heal() {
    to_board_.heal();
    to_host_.heal();
  }

  Side host{Role::kHost, 4096, 4096};
  Side board{Role::kBoard, 700, kRing - 64};
  std::size_t ring_overflow = 0;
  int sessions_lost = 0;

 private:
  bool feed(Side& side, const Bytes& bytes) {
    bool heard = false;
    for (std::size_t at = 0; at < bytes.size();) {
      std::size_t used = 0;
      switch (side.endpoint.receive(std::span(bytes).subspan(at), used)) {
        case Event::kMessage:
          side.got.emplace_back(side.endpoint.payload().begin(), side.endpoint.payload().end());
          heard = true;
          break;
        case Event::kHello:
          side.endpoint.accept_hello();
          // False only when the host knows of the session already.
          (void)side.endpoint.send_hello_reply(Bytes(60, 5));
          pump(side, to_host_);
          break;
        case Event::kNoSession:
          ++sessions_lost;
          break;
        case Event::kControl:
        case Event::kHelloAck:
          heard = true;
          break;
        default:
          break;
      }
      at += used;
    }
    return heard;
  }

  void pump(Side& side, FaultyPipe& pipe) {
    while (!side.to_send.empty() && side.endpoint.send(side.to_send.front())) {
      side.to_send.pop_front();
    }
    while (true) {
      const auto frame = side.endpoint.output();
      if (frame.empty()) {
        break;
      }
      pipe.write(frame, now_);
    }
  }

  std::mt19937 random_;
  FaultyPipe to_board_, to_host_;
  std::deque<std::uint8_t> ring_;
  std::uint64_t now_ = 0, silent_since_ = 0;
};

constexpr std::size_t kMessages = 60;

void run(std::uint32_t seed, Faults faults, Rig& rig, std::uint64_t max_steps) {
  std::mt19937 random(seed);
  std::vector<Bytes> down, up;
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    down.push_back(message(i, random));
    up.push_back(message(i, random));
  }
  rig.host.to_send.assign(down.begin(), down.end());
  rig.board.to_send.assign(up.begin(), up.end());
  std::uint64_t steps = 0;
  while (!rig.done(kMessages) && steps < max_steps) {
    rig.step();
    ++steps;
  }
  ASSERT_TRUE(rig.done(kMessages)) << "seed " << seed << ": host got " << rig.host.got.size() << ", board got "
                                   << rig.board.got.size() << " of " << kMessages << " after " << steps
                                   << " steps, flip " << faults.flip << " drop " << faults.drop;
  EXPECT_EQ(rig.board.got, down) << "seed " << seed;
  EXPECT_EQ(rig.host.got, up) << "seed " << seed;
  // Nothing comes twice later on.
  for (int i = 0; i < 400; ++i) {
    rig.step();
  }
  EXPECT_EQ(rig.board.got.size(), kMessages) << "seed " << seed;
  EXPECT_EQ(rig.host.got.size(), kMessages) << "seed " << seed;
}

TEST(EndpointProperties, CleanLineSendsNothingTwiceAndNeverOverflows) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    Rig rig(seed, {});
    run(seed, {}, rig, 3000);
    EXPECT_EQ(rig.ring_overflow, 0U) << "seed " << seed;
    EXPECT_EQ(rig.host.endpoint.counters().retransmitted, 0U) << "seed " << seed;
    EXPECT_EQ(rig.board.endpoint.counters().retransmitted, 0U) << "seed " << seed;
    EXPECT_EQ(rig.board.endpoint.counters().bad_chunks, 0U);
  }
}

TEST(EndpointProperties, FlippedDroppedRepeatedDelayedBytes) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    std::mt19937 random(seed);
    const double scale = static_cast<double>(random() % 100) / 100.0;
    const Faults faults{.flip = random() % 2 == 0 ? 0.002 * scale : 0,
                        .drop = random() % 2 == 0 ? 0.001 * scale : 0,
                        .duplicate = random() % 2 == 0 ? 0.001 * scale : 0,
                        .burst = random() % 2 == 0 ? 0.05 * scale : 0,
                        .delay = random() % 2 == 0 ? 0.1 : 0};
    Rig rig(seed, faults);
    run(seed, faults, rig, 60000);
    EXPECT_EQ(rig.sessions_lost, 0) << "seed " << seed;
    // A fault costs at most a window again: with these rates, a small multiple of the messages.
    EXPECT_LT(rig.host.endpoint.counters().retransmitted, 6 * kMessages) << "seed " << seed;
    EXPECT_LT(rig.board.endpoint.counters().retransmitted, 6 * kMessages) << "seed " << seed;
  }
}

TEST(EndpointProperties, RingNeverOverflowsWhileRecovering) {
  // Damage only: no byte is added, so an overflow would be the sender's fault.
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    const Faults faults{.flip = 0.002};
    Rig rig(seed, faults);
    run(seed, faults, rig, 60000);
    EXPECT_EQ(rig.ring_overflow, 0U) << "seed " << seed;
  }
}

TEST(EndpointProperties, ComesBackAfterADeadLine) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const Faults dead{.drop = 1.0};
    Rig rig(seed, dead);
    for (int i = 0; i < 500; ++i) {
      rig.step();
    }
    rig.heal();
    run(seed, dead, rig, 5000);
  }
}

}  // namespace
}  // namespace tinyrig::link
