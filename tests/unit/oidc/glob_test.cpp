#include "server/oidc/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "server/base/error.h"

namespace tinyrig::oidc {
namespace {

bool matches(const std::string& pattern, const std::string& text) {
  const auto glob = Glob::parse(pattern);
  EXPECT_TRUE(glob.ok()) << pattern;
  return glob.ok() && glob->matches(text);
}

TEST(Glob, HoldsForTheWholeText) {
  EXPECT_TRUE(matches("acme/firmware", "acme/firmware"));
  EXPECT_FALSE(matches("acme/firmware", "acme/firmware2"));
  EXPECT_FALSE(matches("acme/firmware", "xacme/firmware"));
  EXPECT_FALSE(matches("acme/firmware", "acme/Firmware"));
  EXPECT_FALSE(matches("acme/firmware", ""));
  EXPECT_FALSE(matches("refs.heads", "refs/heads")) << "a dot is a dot";
}

TEST(Glob, OneAsteriskStaysWithinASegment) {
  EXPECT_TRUE(matches("acme/*", "acme/x"));
  EXPECT_TRUE(matches("acme/*", "acme/"));
  EXPECT_FALSE(matches("acme/*", "acme-evil/x"));
  EXPECT_FALSE(matches("acme/*", "acme/x/y"));
  EXPECT_FALSE(matches("acme/*", "evil/acme/x"));
  EXPECT_TRUE(matches("refs/*/main", "refs/heads/main"));
  EXPECT_FALSE(matches("refs/*/main", "refs/heads/x/main"));
  EXPECT_TRUE(matches("v*.*", "v1.2"));
}

TEST(Glob, TwoAsterisksCross) {
  EXPECT_TRUE(matches("acme/**", "acme/a/b"));
  EXPECT_FALSE(matches("acme/**", "acme-evil/x"));
  EXPECT_TRUE(matches("**", ""));
  EXPECT_TRUE(matches("**/main", "refs/heads/main"));
  EXPECT_FALSE(matches("**/main", "main"));
}

TEST(Glob, RefusesWhatOtherPatternsUnderstandDifferently) {
  for (const char* pattern : {"", "a?", "[ab]", "a]", "{a,b}", "a\\*", "a***"}) {
    const auto glob = Glob::parse(pattern);
    ASSERT_FALSE(glob.ok()) << pattern;
    EXPECT_EQ(reason_of(glob.status()), "PATTERN_INVALID");
  }
  EXPECT_FALSE(Glob::parse(std::string(Glob::kMaxPatternBytes + 1, 'a')).ok());
  EXPECT_TRUE(Glob::parse(std::string(Glob::kMaxPatternBytes, 'a')).ok());
}

TEST(Glob, TextsThatAreTooLongMatchNothing) {
  EXPECT_TRUE(matches("**", std::string(Glob::kMaxTextBytes, 'a')));
  EXPECT_FALSE(matches("**", std::string(Glob::kMaxTextBytes + 1, 'a')));
}

TEST(Glob, SaysWhatEveryMatchBeginsWith) {
  EXPECT_EQ(Glob::parse("acme/*")->literal_beginning(), "acme/");
  EXPECT_EQ(Glob::parse("acme")->literal_beginning(), "acme");
  EXPECT_EQ(Glob::parse("**")->literal_beginning(), "");
  EXPECT_FALSE(Glob::parse("acme")->has_asterisk());
  EXPECT_TRUE(Glob::parse("a*")->has_asterisk());
}

// As the regular expression that says the same.
TEST(Glob, AgreesWithRegularExpressions) {
  constexpr unsigned kSeed = 20'081;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const auto any_of = [&](std::string_view characters, std::size_t most) {
    std::string text(random() % (most + 1), '\0');
    for (char& c : text) c = characters[random() % characters.size()];
    return text;
  };
  int matched = 0, compared = 0;
  for (int round = 0; round < 40'000; ++round) {
    const std::string pattern = any_of("ab/**", 7);
    const auto glob = Glob::parse(pattern);
    if (!glob.ok()) continue;
    std::string expression;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool crosses = pattern.substr(i, 2) == "**";
      expression += crosses ? ".*" : pattern[i] == '*' ? "[^/]*" : std::string(1, pattern[i]);
      if (crosses) ++i;
    }
    const std::string text = any_of("ab/", 8);
    const bool expected = std::regex_match(text, std::regex(expression));
    ASSERT_EQ(glob->matches(text), expected) << pattern << " of " << text;
    ++compared;
    matched += expected ? 1 : 0;
  }
  EXPECT_GT(compared, 20'000);
  EXPECT_GT(matched, 2'000);
}

}  // namespace
}  // namespace tinyrig::oidc
