// COBS and frames: round trips, known vectors, damage in every byte.
#include "wire/link/frame.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tinyrig::link {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes cobs(const Bytes& plain) {
  Bytes out(cobs_max_bytes(plain.size()));
  CobsEncoder encoder(out.data());
  encoder.push(plain);
  out.resize(encoder.finish());
  return out;
}

Bytes counting(std::size_t size, std::uint8_t first) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(first + i);
  }
  return bytes;
}

TEST(Cobs, KnownVectors) {
  EXPECT_EQ(cobs({}), (Bytes{1}));
  EXPECT_EQ(cobs({0}), (Bytes{1, 1}));
  EXPECT_EQ(cobs({0, 0}), (Bytes{1, 1, 1}));
  EXPECT_EQ(cobs({0x11, 0x22, 0x00, 0x33}), (Bytes{3, 0x11, 0x22, 2, 0x33}));
  EXPECT_EQ(cobs({0x11, 0, 0, 0}), (Bytes{2, 0x11, 1, 1, 1}));
  Bytes full = counting(254, 1);
  Bytes expected = {0xFF};
  expected.insert(expected.end(), full.begin(), full.end());
  expected.push_back(1);
  EXPECT_EQ(cobs(full), expected);
}

TEST(Cobs, RoundTripsInAnyPieces) {
  std::mt19937 random(7);
  for (const std::size_t size : {0, 1, 2, 253, 254, 255, 256, 507, 508, 509, 1000}) {
    for (const unsigned zeros_in : {1U, 4U, 1000000U}) {
      Bytes plain(size);
      for (auto& byte : plain) {
        byte = random() % zeros_in == 0 ? 0 : static_cast<std::uint8_t>(random() % 255 + 1);
      }
      const Bytes encoded = cobs(plain);
      ASSERT_LE(encoded.size(), cobs_max_bytes(size));
      Bytes buffer(size);
      CobsDecoder decoder(buffer);
      for (std::size_t at = 0; at < encoded.size();) {
        const std::size_t piece = std::min<std::size_t>(1 + random() % 100, encoded.size() - at);
        ASSERT_EQ(decoder.feed(std::span(encoded).subspan(at, piece)), piece) << "a zero inside, size " << size;
        at += piece;
      }
      ASSERT_TRUE(decoder.whole());
      EXPECT_EQ(Bytes(decoder.decoded().begin(), decoder.decoded().end()), plain);
    }
  }
}

TEST(Cobs, TooLongIsNotWholeAndWritesNothingBeyond) {
  const Bytes encoded = cobs(counting(20, 1));
  Bytes buffer(24, 0xEE);
  CobsDecoder decoder{std::span(buffer).first(19)};
  decoder.feed(encoded);
  EXPECT_FALSE(decoder.whole());
  EXPECT_EQ(buffer[19], 0xEE);
}

constexpr FrameHeader kHeader{
    .kind = FrameKind::kData, .flags = 0, .session = 0x1234, .seq = 0, .ack = 0x00FF, .window = 4032};

Bytes frame(const FrameHeader& header, const Bytes& payload) {
  Bytes out(max_encoded_bytes(payload.size()));
  out.resize(encode_frame(header, payload, out.data()));
  return out;
}

TEST(Frame, RoundTrip) {
  const Bytes payload = {9, 0, 8, 0, 0, 7};
  const Bytes encoded = frame(kHeader, payload);
  EXPECT_EQ(encoded.back(), 0);
  EXPECT_EQ(std::count(encoded.begin(), encoded.end(), 0), 1);
  Bytes buffer(decoded_frame_bytes(64));
  FrameDecoder decoder(buffer);
  std::size_t used = 0;
  ASSERT_EQ(decoder.feed(encoded, used), Decoded::kFrame);
  EXPECT_EQ(used, encoded.size());
  EXPECT_EQ(decoder.header().kind, FrameKind::kData);
  EXPECT_EQ(decoder.header().session, 0x1234);
  EXPECT_EQ(decoder.header().ack, 0x00FF);
  EXPECT_EQ(decoder.header().window, 4032);
  EXPECT_EQ(Bytes(decoder.payload().begin(), decoder.payload().end()), payload);
}

TEST(Frame, EveryBitFlipIsSeenAndTheNextFrameComesThrough) {
  const Bytes good = frame(kHeader, counting(40, 0));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes line = good;
    line[bit / 8] = static_cast<std::uint8_t>(line[bit / 8] ^ (1U << (bit % 8)));
    line.push_back(0);  // what HELLO and POLL begin with
    line.insert(line.end(), good.begin(), good.end());
    Bytes buffer(decoded_frame_bytes(64));
    FrameDecoder decoder(buffer);
    std::size_t at = 0;
    int frames = 0;
    while (at < line.size()) {
      std::size_t used = 0;
      frames += decoder.feed(std::span<const std::uint8_t>(line).subspan(at), used) == Decoded::kFrame ? 1 : 0;
      at += used;
    }
    ASSERT_EQ(frames, 1) << "bit " << bit;
  }
}

TEST(Frame, EmptyStretchesBetweenDelimitersAreNothing) {
  const Bytes zeros(50, 0);
  Bytes buffer(decoded_frame_bytes(64));
  FrameDecoder decoder(buffer);
  std::size_t used = 0;
  EXPECT_EQ(decoder.feed(zeros, used), Decoded::kNothing);
  EXPECT_EQ(used, zeros.size());
}

TEST(Frame, UnknownKindIsBad) {
  FrameHeader header = kHeader;
  header.kind = static_cast<FrameKind>(9);
  Bytes buffer(decoded_frame_bytes(64));
  FrameDecoder decoder(buffer);
  std::size_t used = 0;
  EXPECT_EQ(decoder.feed(frame(header, {}), used), Decoded::kBad);
}

}  // namespace
}  // namespace tinyrig::link
