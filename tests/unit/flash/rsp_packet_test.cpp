// Packets of GDB's remote protocol, and bytes that are none.
#include "server/flash/rsp_packet.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tinyrig::flash {
namespace {

std::vector<RspEvent> decode(std::string_view bytes) {
  RspDecoder decoder;
  std::vector<RspEvent> events;
  for (const char c : bytes) {
    if (auto event = decoder.feed(static_cast<std::uint8_t>(c))) events.push_back(*std::move(event));
  }
  return events;
}

TEST(RspPacket, EncodesWithTheSumOfItsBytes) {
  EXPECT_EQ(encode_packet("OK"), "$OK#9a");
  EXPECT_EQ(encode_packet(""), "$#00");
  EXPECT_EQ(encode_packet("m0,4"), "$m0,4#fd");
}

TEST(RspPacket, EscapesWhatEndsOrExpandsPackets) {
  EXPECT_EQ(encode_packet("a#$}*"), "$a}\x03}\x04}]}\n#" + std::string("c3"));
  const auto events = decode(encode_packet("a#$}*"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, RspEvent::Kind::kPacket);
  EXPECT_EQ(events[0].payload, "a#$}*");
}

TEST(RspPacket, EveryPayloadComesBackAsItWas) {
  const unsigned seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string payload(random() % 200, '\0');
    for (char& c : payload) c = static_cast<char>(random());
    const auto events = decode("+noise" + encode_packet(payload));
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, RspEvent::Kind::kAcknowledge);
    ASSERT_EQ(events[1].kind, RspEvent::Kind::kPacket);
    EXPECT_EQ(events[1].payload, payload);
  }
}

TEST(RspPacket, ExpandsRuns) {
  const auto events = decode("$0* #7a");  // "0" and a run of ' ' - 29 = 3 more
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].payload, "0000");
}

TEST(RspPacket, DamageIsNoticed) {
  for (const char* bytes : {"$OK#9b", "$OK#zz", "$* #4a", "$a}#de"}) {
    const auto events = decode(bytes);
    ASSERT_EQ(events.size(), 1U) << bytes;
    EXPECT_EQ(events[0].kind, RspEvent::Kind::kDamagedPacket) << bytes;
  }
}

TEST(RspPacket, AnEndlessPacketIsDamagedAndTheNextOneIsFine) {
  RspDecoder decoder;
  decoder.feed('$');
  for (std::size_t i = 0; i < 2 * RspDecoder::kLongestPayload; ++i) ASSERT_FALSE(decoder.feed('x').has_value());
  ASSERT_FALSE(decoder.feed('#').has_value());
  ASSERT_FALSE(decoder.feed('0').has_value());
  const auto damaged = decoder.feed('0');
  ASSERT_TRUE(damaged.has_value());
  EXPECT_EQ(damaged->kind, RspEvent::Kind::kDamagedPacket);
  std::optional<RspEvent> last;
  for (const char c : std::string("$OK#9a")) last = decoder.feed(static_cast<std::uint8_t>(c));
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->payload, "OK");
}

TEST(RspPacket, APacketThatIsCutOffByTheNextIsForgotten) {
  const auto events = decode("$half$OK#9a");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].payload, "OK");
}

TEST(RspPacket, AcknowledgementsAndInterruptStandAlone) {
  const auto events = decode("+-\x03");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, RspEvent::Kind::kAcknowledge);
  EXPECT_EQ(events[1].kind, RspEvent::Kind::kRepeat);
  EXPECT_EQ(events[2].kind, RspEvent::Kind::kInterrupt);
}

TEST(Hex, RoundTripAndRefusals) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x4f, 0xff};
  EXPECT_EQ(to_hex(std::span<const std::uint8_t>(bytes)), "004fff");
  EXPECT_EQ(from_hex("004FfF"), bytes);
  EXPECT_FALSE(from_hex("0").has_value());
  EXPECT_FALSE(from_hex("0g").has_value());
}

}  // namespace
}  // namespace tinyrig::flash
