// ELF files: what is loaded, and what is refused.
#include "server/flash/elf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/base/error.h"
#include "tests/support/elf_builder.h"

namespace tinyrig::flash {
namespace {

using test::build_elf;
using test::put_half;
using test::put_word;
using ::testing::HasSubstr;

using Bytes = std::vector<std::uint8_t>;

std::string refusal(const Bytes& file) {
  const auto image = read_elf(file);
  if (image.ok()) return "accepted";
  EXPECT_EQ(reason_of(image.status()), "FIRMWARE_INVALID");
  EXPECT_FALSE(hint_of(image.status()).empty());
  return std::string(image.status().message());
}

TEST(Elf, LoadsSegmentsInOrderOfAddress) {
  const auto image =
      read_elf(build_elf({{0x2000, {4, 5}}, {0x1000, {1, 2, 3}}, {0x3000, {9}, /*PT_NOTE*/ 4}, {0x10, {}}}));
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->segments.size(), 2U);
  EXPECT_EQ(image->segments[0].address, 0x1000U);
  EXPECT_EQ(image->segments[0].bytes, (Bytes{1, 2, 3}));
  EXPECT_EQ(image->segments[1].address, 0x2000U);
  EXPECT_EQ(image->segments[1].bytes, (Bytes{4, 5}));
  EXPECT_EQ(image->total_bytes(), 5U);
}

TEST(Elf, RefusesWhatIsNotOne) {
  EXPECT_THAT(refusal({}), HasSubstr("ends at byte 0"));
  EXPECT_THAT(refusal(Bytes(100, 'x')), HasSubstr("mark"));
  Bytes wide = build_elf({{0, {1}}});
  wide[4] = 2;
  EXPECT_THAT(refusal(wide), HasSubstr("32-bit"));
  Bytes relocatable = build_elf({{0, {1}}});
  put_half(relocatable, 16, 1);
  EXPECT_THAT(refusal(relocatable), HasSubstr("not an executable"));
  EXPECT_THAT(refusal(build_elf({})), HasSubstr("program headers"));
  EXPECT_THAT(refusal(build_elf({{0, {}}})), HasSubstr("loads nothing"));
}

TEST(Elf, RefusesHostileOffsetsAndSizes) {
  Bytes headers_outside = build_elf({{0, {1}}});
  put_word(headers_outside, 28, 0xFFFFFFF0);
  EXPECT_THAT(refusal(headers_outside), HasSubstr("beyond its end"));
  Bytes many_headers = build_elf({{0, {1}}});
  put_half(many_headers, 44, 60000);
  EXPECT_THAT(refusal(many_headers), HasSubstr("60000 program headers"));
  Bytes outside = build_elf({{0, {1, 2, 3}}});
  put_word(outside, 52 + 16, 4);
  EXPECT_THAT(refusal(outside), HasSubstr("beyond the file's end"));
  Bytes offset = build_elf({{0, {1, 2, 3}}});
  put_word(offset, 52 + 4, 0xFFFFFFFF);
  EXPECT_THAT(refusal(offset), HasSubstr("beyond the file's end"));
  EXPECT_THAT(refusal(build_elf({{0xFFFFFFFF, {1, 2}}})), HasSubstr("4 GiB"));
  EXPECT_THAT(refusal(build_elf({{0x100, {1, 2}}, {0x101, {3}}})), HasSubstr("overlap"));
}

TEST(Elf, EveryTruncationIsRefused) {
  const Bytes whole = build_elf({{0x100, {1, 2, 3, 4}}, {0x200, {5, 6}}});
  ASSERT_TRUE(read_elf(whole).ok());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))), "accepted") << length;
  }
}

}  // namespace
}  // namespace tinyrig::flash
