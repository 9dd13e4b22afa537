#include "server/base/clean_text.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <random>

#include "tinyrig/v1/job.pb.h"

namespace tinyrig {
namespace {

TEST(CleanText, KeepsWhatIsWellFormed) {
  EXPECT_EQ(clean_text("plain\ttext\n", 100), "plain\ttext\n");
  EXPECT_EQ(clean_text("\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80", 100), "\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(clean_text("", 0), "");
}

TEST(CleanText, ReplacesWhatIsNot) {
  EXPECT_EQ(clean_text("a\xff\xfe"
                       "b",
                       100),
            "a??b");
  EXPECT_EQ(clean_text(std::string_view("\0\x1b[31m", 6), 100), "??[31m");
  EXPECT_EQ(clean_text("\xe2\x82", 100), "??");            // cut off
  EXPECT_EQ(clean_text("\xc0\xaf", 100), "??");            // overlong
  EXPECT_EQ(clean_text("\xed\xa0\x80", 100), "???");       // surrogate
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80", 100), "????");  // beyond Unicode
}

TEST(CleanText, CutsBetweenCharacters) {
  EXPECT_EQ(clean_text("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(clean_text("abcdefghi", 8), "abcde...");
  EXPECT_EQ(clean_text("abcd\xe2\x82\xac xyz", 8), "abcd...");
  EXPECT_EQ(clean_text("abc", 2), "");
}

TEST(CleanText, GivesProtobufWhatItTakes) {
  constexpr std::uint32_t kSeed = 7;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2'000; ++round) {
    std::string noise(random() % 60, '\0');
    for (char& c : noise) c = static_cast<char>(random() % 3 == 0 ? random() : (0xc0 | (random() & 0x3f)));
    const std::size_t limit = random() % 70;
    v1::LogLine line;
    line.set_text(clean_text(noise, limit));
    ASSERT_LE(line.text().size(), limit);
    std::string json;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(line, &json).ok());
    v1::LogLine back;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &back).ok()) << json;
    ASSERT_EQ(back.text(), line.text());
  }
}

}  // namespace
}  // namespace tinyrig
