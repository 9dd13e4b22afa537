#include "server/store/sample_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "server/base/error.h"

namespace tinyrig::store {
namespace {

using Samples = std::vector<std::uint64_t>;

void expect_round_trip(const Samples& samples) {
  const auto decoded = decode_samples(encode_samples(samples));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, samples);
}

TEST(SampleCodec, KeepsEverySample) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  expect_round_trip({});
  expect_round_trip({0});
  expect_round_trip({kMax});
  expect_round_trip({0, kMax, 0, 1, kMax - 1, 1ull << 63, (1ull << 63) - 1});
}

TEST(SampleCodec, KeepsRandomColumns) {
  constexpr std::uint64_t kSeed = 20261122;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 200; ++round) {
    Samples samples(random() % 500);
    const std::uint64_t mask = ~0ull >> (random() % 64);
    for (std::uint64_t& sample : samples) sample = random() & mask;
    expect_round_trip(samples);
  }
}

TEST(SampleCodec, TakesLittleRoomForSamplesThatHardlyVary) {
  Samples samples;
  for (int i = 0; i < 10'000; ++i) samples.push_back(1'234'567 + i % 3);
  EXPECT_LT(encode_samples(samples).size(), 200u);  // 80 kB as numbers
}

TEST(SampleCodec, RefusesEveryTruncation) {
  const std::string bytes = encode_samples({1, 2, 3, 1'000'000, 5});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_samples(bytes.substr(0, size));
    ASSERT_FALSE(decoded.ok()) << size;
    EXPECT_EQ(reason_of(decoded.status()), "STORE_CORRUPT");
  }
}

TEST(SampleCodec, SurvivesEveryFlippedByte) {
  const std::string bytes = encode_samples({1, 2, 3, 1'000'000, 5});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      (void)decode_samples(damaged);  // an error or other samples, never a crash
    }
  }
}

TEST(SampleCodec, RefusesClaimsThatItsBytesCannotHold) {
  // 2^40 samples in no bytes at all.
  const std::string huge = std::string("\x80\x80\x80\x80\x80\x20", 6) + std::string("\x80\x80\x80\x80\x80\x20", 6);
  EXPECT_EQ(decode_samples(huge).status().code(), absl::StatusCode::kDataLoss);
  // 10 million samples, a frame of two bytes.
  const std::string thin = std::string("\x80\xad\xe2\x04", 4) + std::string("\x80\xad\xe2\x04", 4) + "xx";
  EXPECT_EQ(decode_samples(thin).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SampleCodec, RefusesBytesAfterTheLastSample) {
  std::string bytes = encode_samples({1, 2});
  bytes[0] = 1;  // claims one sample, holds two
  EXPECT_EQ(decode_samples(bytes).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tinyrig::store
