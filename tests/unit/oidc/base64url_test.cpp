#include "server/oidc/base64url.h"

#include <gtest/gtest.h>

#include <random>

namespace tinyrig::oidc {
namespace {

TEST(Base64url, IsThatOfRfc7515) {
  EXPECT_EQ(encode_base64url("\x03\xec\xff\xe0\xc1"), "A-z_4ME");  // appendix C
  EXPECT_EQ(decode_base64url("A-z_4ME"), "\x03\xec\xff\xe0\xc1");
  EXPECT_EQ(decode_base64url(""), "");
}

TEST(Base64url, EveryByteStringComesBack) {
  constexpr unsigned kSeed = 4648;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 70, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string text = encode_base64url(bytes);
    EXPECT_EQ(text.find_first_of("+/= "), std::string::npos);
    ASSERT_EQ(decode_base64url(text), bytes) << text;
  }
}

// Of all texts of up to three characters, those that are read are the only spelling of their bytes.
TEST(Base64url, NoBytesHaveTwoSpellings) {
  const std::string characters = "AB_-+/= \n.z09";
  int taken = 0;
  const auto look = [&](const std::string& text) {
    const auto bytes = decode_base64url(text);
    if (!bytes.has_value()) return;
    ++taken;
    EXPECT_EQ(encode_base64url(*bytes), text);
  };
  for (const char a : characters) {
    look({a});
    for (const char b : characters) {
      look({a, b});
      for (const char c : characters) look({a, b, c});
    }
  }
  // Seven of them are of the alphabet; without loose bits, two of them end in A, three in A or 0.
  EXPECT_EQ(taken, 7 * 1 + 7 * 7 * 2);
}

TEST(Base64url, RefusesPaddingSpaceLooseBitsAndOtherAlphabets) {
  for (const char* text : {"QQ==", "QQ=", "Q Q", "QQ\n", " QQ", "QR", "QUF", "+/+/", "Q", "QUJD.", "QQ%3D", "QQ.."}) {
    EXPECT_FALSE(decode_base64url(text).has_value()) << text;
  }
  EXPECT_EQ(decode_base64url("QQ"), "A");
  EXPECT_FALSE(decode_base64url(std::string_view("QUJD\0", 5)).has_value());
}

}  // namespace
}  // namespace tinyrig::oidc
