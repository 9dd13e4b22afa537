// Known values: CRC-32 of zlib (Python's zlib.crc32), FNV-1a's published test vectors, xorshift32 by hand.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "wire/fnv1a.h"
#include "wire/golden_input.h"
#include "wire/link/crc32.h"

namespace tinyrig {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Crc32, KnownValues) {
  EXPECT_EQ(link::crc32(bytes_of("")), 0U);
  EXPECT_EQ(link::crc32(bytes_of("123456789")), 0xCBF43926U);
  EXPECT_EQ(link::crc32(bytes_of("The quick brown fox jumps over the lazy dog")), 0x414FA339U);
  EXPECT_EQ(link::crc32(std::vector<std::uint8_t>(32, 0)), 0x190A55ADU);
  EXPECT_EQ(link::crc32(std::vector<std::uint8_t>(32, 0xFF)), 0xFF6CAB0BU);
}

TEST(Crc32, GoesOnWhereItStopped) {
  const auto all = bytes_of("123456789");
  for (std::size_t at = 0; at <= all.size(); ++at) {
    EXPECT_EQ(link::crc32(all.subspan(at), link::crc32(all.first(at))), 0xCBF43926U) << at;
  }
  EXPECT_EQ(link::crc32(std::as_bytes(all)), 0xCBF43926U);
}

TEST(Fnv1a, KnownValues) {
  EXPECT_EQ(wire::fnv1a_32(bytes_of("")), 0x811C9DC5U);
  EXPECT_EQ(wire::fnv1a_32(bytes_of("a")), 0xE40C292CU);
  EXPECT_EQ(wire::fnv1a_32(bytes_of("foobar")), 0xBF9CF968U);
  EXPECT_EQ(wire::fnv1a_32(bytes_of("bar"), wire::fnv1a_32(bytes_of("foo"))), 0xBF9CF968U);
  EXPECT_EQ(wire::fnv1a_32(std::as_bytes(bytes_of("foobar"))), 0xBF9CF968U);
}

TEST(GoldenInput, StartsAsDerivedByHand) {
  // x = 1: x ^= x << 13 -> 0x2001; x >> 17 is 0; x ^= x << 5 -> 0x42021: the first byte is 0x21.
  // From 0x42021: x << 13 -> 0x84000021; x >> 17 -> 0x84004221; x << 5 -> 0x04080601: 0x01.
  std::vector<std::uint8_t> bytes(2);
  wire::fill_golden_input(1, bytes);
  EXPECT_EQ(bytes[0], 0x21);
  EXPECT_EQ(bytes[1], 0x01);
}

TEST(GoldenInput, HashesAsTheReferenceVectorsSay) {
  // 490 bytes of seeds 1 and 2: the input of the keyword spotting model in the published vectors.
  std::vector<std::uint8_t> bytes(490);
  wire::fill_golden_input(1, bytes);
  EXPECT_EQ(wire::fnv1a_32(bytes), 0xDB69B16AU);
  wire::fill_golden_input(2, std::as_writable_bytes(std::span(bytes)));
  EXPECT_EQ(wire::fnv1a_32(bytes), 0x5704E970U);
}

TEST(GoldenInput, SeedZeroIsNotStuck) {
  std::vector<std::uint8_t> zero(64);
  std::vector<std::uint8_t> one(64);
  wire::fill_golden_input(0, zero);
  wire::fill_golden_input(1, one);
  EXPECT_EQ(zero, one);
}

}  // namespace
}  // namespace tinyrig
