#include "server/oidc/token_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

using testing::ElementsAre;

boost::json::object claims_of(const std::string& text) { return parse_strict_object(text, "it", "BAD").value(); }

absl::StatusOr<TokenClaims> read(const std::string& text) { return read_token_claims(claims_of(text)); }

absl::Time at(std::int64_t seconds) { return absl::FromUnixSeconds(seconds); }

TEST(TokenClaims, AreRead) {
  const auto claims = read(R"({"iss":"i","sub":"s","aud":"a","exp":2000.5,"nbf":1000,"iat":1001})");
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->subject, "s");
  EXPECT_THAT(claims->audiences, ElementsAre("a"));
  EXPECT_EQ(claims->expires, at(2000) + absl::Milliseconds(500));
  EXPECT_EQ(claims->not_before, at(1000));
  EXPECT_EQ(claims->issued_at, at(1001));
  const auto several = read(R"({"iss":"i","sub":"s","aud":["a","b"],"exp":2000})");
  ASSERT_TRUE(several.ok());
  EXPECT_THAT(several->audiences, ElementsAre("a", "b"));
  EXPECT_EQ(several->not_before, std::nullopt);
}

TEST(TokenClaims, MissingOrOfAnotherKindAreRefused) {
  for (const char* text :
       {R"({"sub":"s","aud":"a","exp":1})", R"({"iss":"i","aud":"a","exp":1})", R"({"iss":"i","sub":"s","exp":1})",
        R"({"iss":"i","sub":"s","aud":"a"})", R"({"iss":1,"sub":"s","aud":"a","exp":1})",
        R"({"iss":"i","sub":"","aud":"a","exp":1})", R"({"iss":"i","sub":"s","aud":{"a":1},"exp":1})",
        R"({"iss":"i","sub":"s","aud":["a",1],"exp":1})", R"({"iss":"i","sub":"s","aud":"a","exp":"1"})",
        R"({"iss":"i","sub":"s","aud":"a","exp":-1})", R"({"iss":"i","sub":"s","aud":"a","exp":1e300})",
        R"({"iss":"i","sub":"s","aud":"a","exp":null})",
        R"({"iss":"i","sub":"s","aud":"a","exp":18446744073709551615})",
        R"({"iss":"i","sub":"s","aud":"a","exp":1,"nbf":"0"})",
        R"({"iss":"i","sub":"s","aud":"a","exp":1,"iat":[]})"}) {
    const auto claims = read(text);
    ASSERT_FALSE(claims.ok()) << text;
    EXPECT_EQ(reason_of(claims.status()), "TOKEN_MALFORMED");
  }
}

TEST(TokenClaims, HoldFromIssueToExpiryAndAMinuteAround) {
  const auto claims = read(R"({"iss":"i","sub":"s","aud":"a","exp":2000,"nbf":1000,"iat":1100})");
  const auto reason_at = [&](std::int64_t seconds) {
    const absl::Status status = check_times(*claims, at(seconds));
    return status.ok() ? "" : reason_of(status);
  };
  EXPECT_EQ(reason_at(1039), "TOKEN_NOT_YET_VALID") << "iat is the later one";
  EXPECT_EQ(reason_at(1040), "");
  EXPECT_EQ(reason_at(2059), "");
  EXPECT_EQ(reason_at(2060), "TOKEN_EXPIRED");
  EXPECT_EQ(reason_of(check_times(*read(R"({"iss":"i","sub":"s","aud":"a","exp":2000,"nbf":1000})"), at(939))),
            "TOKEN_NOT_YET_VALID");
  EXPECT_TRUE(check_times(*read(R"({"iss":"i","sub":"s","aud":"a","exp":2000})"), at(0)).ok());
}

TEST(ClaimText, IsOfTextsTruthsAndWholeNumbers) {
  const auto claims = claims_of(
      R"({"text":"a","yes":true,"no":false,"minus":-1,"large":18446744073709551615,"real":1.5,"none":null,"list":["a"]})");
  EXPECT_EQ(claim_text(claims, "text"), "a");
  EXPECT_EQ(claim_text(claims, "yes"), "true");
  EXPECT_EQ(claim_text(claims, "no"), "false");
  EXPECT_EQ(claim_text(claims, "minus"), "-1");
  EXPECT_EQ(claim_text(claims, "large"), "18446744073709551615");
  for (const char* name : {"real", "none", "list", "absent"}) EXPECT_EQ(claim_text(claims, name), std::nullopt) << name;
}

}  // namespace
}  // namespace tinyrig::oidc
