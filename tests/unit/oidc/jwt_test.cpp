#include "server/oidc/jwt.h"

#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/oidc/base64url.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

constexpr char kJwtHeader[] = R"({"alg":"RS256","typ":"JWT","kid":"k"})";

std::string token_of(const std::string& header, const std::string& claims = "{}", const std::string& signature = "s") {
  return encode_base64url(header) + "." + encode_base64url(claims) + "." + encode_base64url(signature);
}

void expect_token_refused(const std::string& token, const std::string& reason, const std::string& says) {
  const auto jwt = parse_jwt(token);
  ASSERT_FALSE(jwt.ok()) << token.substr(0, 200);
  EXPECT_EQ(jwt.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(reason_of(jwt.status()), reason);
  EXPECT_NE(std::string(jwt.status().message()).find(says), std::string::npos) << jwt.status();
}

TEST(Jwt, IsTakenApart) {
  const std::string token = token_of(R"({"kid":"key 1","alg":"ES256"})", R"({"iss":"a"})", "signed");
  const auto jwt = parse_jwt(token);
  ASSERT_TRUE(jwt.ok()) << jwt.status();
  EXPECT_EQ(jwt->algorithm, Algorithm::kEs256);
  EXPECT_EQ(jwt->key_id, "key 1");
  EXPECT_EQ(jwt->signature, "signed");
  EXPECT_EQ(jwt->signed_part, token.substr(0, token.rfind('.')));
  EXPECT_EQ(string_member(jwt->claims, "iss"), "a");
  EXPECT_EQ(parse_jwt(token_of(kJwtHeader))->algorithm, Algorithm::kRs256);
}

TEST(Jwt, OtherAlgorithmsAreRefused) {
  for (const std::string name : {"none", "None", "NONE", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES384",
                                 "ES512", "EdDSA", "rs256", "RS256 ", ""}) {
    expect_token_refused(token_of(R"({"kid":"k","alg":")" + name + "\"}"), "TOKEN_ALGORITHM_REFUSED", "'" + name + "'");
  }
  expect_token_refused(token_of(R"({"kid":"k"})"), "TOKEN_ALGORITHM_REFUSED", "''");
  expect_token_refused(token_of(R"({"kid":"k","alg":["RS256"]})"), "TOKEN_ALGORITHM_REFUSED", "''");
  expect_token_refused(encode_base64url(R"({"alg":"none"})") + ".e30.", "TOKEN_ALGORITHM_REFUSED", "none");
}

TEST(Jwt, OtherFormsAreRefused) {
  for (const char* token : {"", ".", "a.b", "a.b.c.d", "a.b.c.d.e", "tr_0123456789"}) {
    expect_token_refused(token, "TOKEN_MALFORMED", "the form HEADER.CLAIMS.SIGNATURE");
    EXPECT_FALSE(looks_like_jwt(token));
  }
  EXPECT_TRUE(looks_like_jwt(token_of(kJwtHeader)));
  expect_token_refused("..", "TOKEN_MALFORMED", "header");
  const std::string good = token_of(kJwtHeader);
  expect_token_refused(good + "=", "TOKEN_MALFORMED", "signature");
  expect_token_refused(" " + good, "TOKEN_MALFORMED", "header that is no base64url");
  expect_token_refused(good + "\n", "TOKEN_MALFORMED", "signature");
  expect_token_refused(good.substr(0, good.rfind('.') + 1), "TOKEN_MALFORMED", "no signature");
  expect_token_refused(encode_base64url(kJwtHeader) + ".e3 0.cw", "TOKEN_MALFORMED", "claims that is no base64url");
  expect_token_refused(token_of("[]"), "TOKEN_MALFORMED", "its header is no JSON object");
  expect_token_refused(token_of(kJwtHeader, "{}x"), "TOKEN_MALFORMED", "its claims is no JSON");
}

TEST(Jwt, HeadersThatMeanSomethingElseAreRefused) {
  expect_token_refused(token_of(R"({"alg":"RS256"})"), "TOKEN_MALFORMED", "'kid'");
  expect_token_refused(token_of(R"({"alg":"RS256","kid":""})"), "TOKEN_MALFORMED", "'kid'");
  expect_token_refused(token_of(R"({"alg":"RS256","kid":7})"), "TOKEN_MALFORMED", "'kid'");
  expect_token_refused(token_of(R"({"alg":"RS256","kid":"k","crit":["b64"],"b64":false})"), "TOKEN_MALFORMED",
                       "'crit'");
  expect_token_refused(token_of(R"({"alg":"RS256","kid":"k","typ":"at+jwt"})"), "TOKEN_MALFORMED", "another type");
  expect_token_refused(token_of(R"({"alg":"RS256","kid":"k","typ":1})"), "TOKEN_MALFORMED", "another type");
  expect_token_refused(token_of(R"({"alg":"HS256","alg":"RS256","kid":"k"})"), "TOKEN_MALFORMED", "'alg' twice");
  EXPECT_TRUE(parse_jwt(token_of(R"({"alg":"RS256","kid":"k","typ":"jwt"})")).ok());
  EXPECT_TRUE(parse_jwt(token_of(R"({"alg":"RS256","kid":"k","jku":"https://evil/keys"})")).ok())
      << "nobody goes there";
}

TEST(Jwt, ClaimsThatComeTwiceAreRefused) {
  expect_token_refused(token_of(kJwtHeader, R"({"sub":"a","sub":"b"})"), "TOKEN_MALFORMED",
                       "its claims has 'sub' twice");
}

TEST(Jwt, SizeIsLimited) {
  // What is left for the claims, of which three bytes become four characters.
  const std::size_t around = token_of(kJwtHeader, "").size();
  const std::size_t room = (kMaxTokenBytes - around) / 4 * 3;
  const auto filled = [&](std::size_t bytes) {
    return token_of(kJwtHeader, "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}");
  };
  EXPECT_TRUE(parse_jwt(filled(room)).ok());
  expect_token_refused(filled(room + 3), "TOKEN_MALFORMED", "longer than 16384 bytes");
  expect_token_refused(std::string(1 << 24, '.'), "TOKEN_MALFORMED", "longer than 16384 bytes");
}

}  // namespace
}  // namespace tinyrig::oidc
