#include "server/oidc/strict_json.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "server/base/error.h"

namespace tinyrig::oidc {
namespace {

absl::StatusOr<boost::json::object> parse(std::string_view text) { return parse_strict_object(text, "it", "BAD"); }

std::string problem_of(std::string_view text) {
  const auto object = parse(text);
  EXPECT_EQ(object.ok() ? "" : reason_of(object.status()), "BAD") << text;
  return object.ok() ? "" : std::string(object.status().message());
}

TEST(StrictJson, ReadsAllKindsOfValues) {
  constexpr char kText[] =
      R"({"text":"a\u00e9\n","whole":-3,"large":18446744073709551615,"real":1.5E0,"yes":true,"none":null,"list":[1,[],{}]})";
  const auto object = parse(kText);
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(boost::json::serialize(*object),
            "{\"text\":\"a\xc3\xa9\\n\",\"whole\":-3,\"large\":18446744073709551615,\"real\":1.5E0,\"yes\":true,"
            "\"none\":null,\"list\":[1,[],{}]}");
  EXPECT_EQ(string_member(*object, "text"), "a\xc3\xa9\n");
  EXPECT_EQ(string_member(*object, "whole"), std::nullopt);
  EXPECT_EQ(string_member(*object, "absent"), std::nullopt);
}

TEST(StrictJson, RefusesMembersThatComeTwice) {
  EXPECT_EQ(problem_of(R"({"iss":"a","iss":"b"})"), "it has 'iss' twice");
  EXPECT_EQ(problem_of(R"({"iss":"a","\u0069ss":"b"})"), "it has 'iss' twice") << "however it is spelt";
  EXPECT_EQ(problem_of(R"({"a":{"b":1,"c":{"b":2},"b":3}})"), "it has 'b' twice");
  EXPECT_NE(problem_of(R"({"":1,"":2})"), "");
  EXPECT_TRUE(parse(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})").ok()) << "of different objects";
}

TEST(StrictJson, RefusesDepth) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  EXPECT_TRUE(parse(nested(31)).ok());
  EXPECT_NE(problem_of(nested(32)).find("too deep"), std::string::npos);
  EXPECT_NE(problem_of(std::string(100'000, '[')).find("too deep"), std::string::npos);
}

TEST(StrictJson, RefusesWhatIsNoObject) {
  for (const char* text : {"", " ", "[]", "1", "\"a\"", "null", "{", "{}x", "{} {}", "{'a':1}", "{\"a\":1,}", "{a:1}",
                           "{\"a\":NaN}", "{\"a\":01}", "/* */{}", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}"}) {
    EXPECT_NE(problem_of(text), "") << text;
  }
}

}  // namespace
}  // namespace tinyrig::oidc
