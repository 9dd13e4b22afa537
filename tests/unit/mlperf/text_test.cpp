#include "server/mlperf/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/mlperf/numbers.h"

namespace tinyrig::mlperf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, NumbersAsTheyStand) {
  EXPECT_DOUBLE_EQ(leading_number("  88.345 inf./sec.")->value, 88.345);
  EXPECT_EQ(leading_number("88.345 inf")->decimals, 3);
  EXPECT_EQ(leading_number("12")->decimals, 0);
  EXPECT_EQ(leading_number("90.2%")->decimals, 1);
  EXPECT_EQ(leading_number("1.5e-5")->decimals, 1);
  for (const char* none : {"", "-", "x1", "nan", "inf", "1e999"}) EXPECT_FALSE(leading_number(none)) << none;
  EXPECT_EQ(leading_count("1000 1"), 1000U);
  for (const char* none : {"", "-1", "x", "99999999999999999999"}) EXPECT_FALSE(leading_count(none)) << none;
}

TEST(Text, Lists) {
  EXPECT_THAT(number_list("0.004,0.996,", 64), ElementsAre(0.004F, 0.996F));
  EXPECT_THAT(number_list("0.0, -127.5", 64), ElementsAre(0.F, -127.5F));
  EXPECT_THAT(number_list("1,x,3", 64), ElementsAre(1.F));
  EXPECT_THAT(number_list("1,2,3", 2), ElementsAre(1.F, 2.F));
  EXPECT_THAT(number_list("", 64), IsEmpty());
}

TEST(Text, Pieces) {
  EXPECT_EQ(stripped(std::string_view(" a b\r\0", 6)), "a b");
  EXPECT_EQ(value_of("  Runtime      :  1.2 sec.", "Runtime"), "1.2 sec.");
  EXPECT_FALSE(value_of("  Energy/Inf. :  1", "Energy"));
  EXPECT_EQ(in_brackets("m-version[3.0.10] x]", "m-version["), "3.0.10");
  EXPECT_FALSE(in_brackets("m-version[3.0.10", "m-version["));
  EXPECT_EQ(base_name("C:\\a/b\\c.bin"), "c.bin");
}

TEST(Text, LinesOfChunks) {
  std::vector<std::string> lines;
  LineSplitter splitter([&](std::uint32_t number, std::string_view text) {
    EXPECT_EQ(number, lines.size() + 1);
    lines.emplace_back(text);
  });
  for (const char* chunk : {"a", "b\n\nc", "\nd"}) splitter.feed(chunk);
  splitter.feed(std::string(200'000, 'x') + "\ny");
  splitter.finish();
  EXPECT_THAT(lines, testing::SizeIs(5));
  EXPECT_EQ(lines[0], "ab");
  EXPECT_EQ(lines[1], "");
  EXPECT_EQ(lines[3].size(), LineSplitter::kMaxLineBytes);
  EXPECT_EQ(lines[4], "y");
}

TEST(Numbers, Median) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(Numbers, AgreeWithinTheLastDigitOrTheTolerance) {
  EXPECT_TRUE(agrees({90.2, 1}, 90.24, 0));  // cut off
  EXPECT_TRUE(agrees({90.2, 1}, 90.16, 0));  // rounded
  EXPECT_FALSE(agrees({90.2, 1}, 90.31, 0));
  EXPECT_TRUE(agrees({1000.0, 15}, 1000.09, 1e-4));
  EXPECT_FALSE(agrees({1000.0, 15}, 1000.11, 1e-4));
}

TEST(Numbers, Text) {
  EXPECT_EQ(number_text(88.3557), "88.3557");
  EXPECT_EQ(number_text(90), "90");
  EXPECT_EQ(number_text(0.25, 9), "0.25");
  EXPECT_EQ(number_text(-0.00001), "0");
}

}  // namespace
}  // namespace tinyrig::mlperf
