#include "server/oidc/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "tests/support/oidc/signing_key.h"

namespace tinyrig::oidc {
namespace {

using test::jwk_set;
using test::SigningKey;
using testing::ElementsAre;
using testing::HasSubstr;

void expect_no_set(const std::string& text, const std::string& says) {
  const auto set = KeySet::parse(text);
  ASSERT_FALSE(set.ok()) << text.substr(0, 200);
  EXPECT_EQ(reason_of(set.status()), "KEYS_INVALID");
  EXPECT_THAT(std::string(set.status().message()), HasSubstr(says));
}

TEST(KeySet, FindsKeysByIdAndAlgorithm) {
  const SigningKey rsa = SigningKey::rsa(), ec = SigningKey::p256(), other = SigningKey::p256();
  const auto set = KeySet::parse(jwk_set(rsa.jwk("a", R"("use":"sig","alg":"RS256","x5c":["x"],)") + "," + ec.jwk("a") +
                                         "," + other.jwk("b", R"("key_ops":["verify"],"alg":"ES256",)")));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->size(), 3u);
  EXPECT_THAT(set->left_out(), ElementsAre());
  const std::pair<const SigningKey&, const PublicKey*> pairs[] = {{rsa, set->find("a", Algorithm::kRs256)},
                                                                  {ec, set->find("a", Algorithm::kEs256)},
                                                                  {other, set->find("b", Algorithm::kEs256)}};
  for (const auto& [signing, found] : pairs) {
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->verifies("text", signing.sign("text")));
    EXPECT_FALSE(found->verifies("texT", signing.sign("text")));
  }
  EXPECT_FALSE(pairs[1].second->verifies("text", other.sign("text")));
  EXPECT_EQ(set->find("b", Algorithm::kRs256), nullptr);
  EXPECT_EQ(set->find("c", Algorithm::kEs256), nullptr);
}

TEST(KeySet, LeavesOutWhatItCannotTake) {
  const SigningKey ec = SigningKey::p256();
  const std::string good = ec.jwk("good");
  const auto set = KeySet::parse(jwk_set(
      absl::StrCat(good, ",", SigningKey::rsa(1024).jwk("weak"), ",", SigningKey::p256().jwk("good"), ",",
                   R"({"kty":"oct","kid":"shared","k":"c2VjcmV0"},)", R"({"kty":"EC","crv":"P-384","kid":"p384"},)",
                   R"({"kty":"OKP","crv":"Ed25519","kid":"ed","x":"AA"},)", R"({"kty":"RSA","kid":"empty"},)",
                   ec.jwk("enc", R"("use":"enc",)"), ",", ec.jwk("ops", R"("key_ops":["sign"],)"), ",",
                   ec.jwk("es384", R"("alg":"ES384",)"), ",", SigningKey::rsa().jwk("ps", R"("alg":"PS256",)"), ",7,",
                   R"({"kty":"RSA"})")));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->size(), 1u);
  EXPECT_TRUE(set->find("good", Algorithm::kEs256)->verifies("x", ec.sign("x"))) << "the first of two";
  EXPECT_THAT(
      set->left_out(),
      ElementsAre(HasSubstr("'weak': the RSA key has 1024 bits"), HasSubstr("'good': its id comes twice"),
                  HasSubstr("'shared': is neither"), HasSubstr("'p384': is neither"), HasSubstr("'ed': is neither"),
                  HasSubstr("'empty': the RSA key has 0 bits"), HasSubstr("'enc': is not for signatures"),
                  HasSubstr("'ops': is not for signatures"), HasSubstr("'es384': is for another algorithm"),
                  HasSubstr("'ps': is for another algorithm"), HasSubstr("without an id"), HasSubstr("without an id")));
}

TEST(KeySet, WithoutAnyKeyIsNone) {
  expect_no_set(jwk_set(""), "no key that can be taken");
  expect_no_set(jwk_set(SigningKey::rsa(1024).jwk("weak")), "'weak': the RSA key has 1024 bits");
}

TEST(KeySet, OtherTextsAreRefused) {
  expect_no_set("", "no JSON");
  expect_no_set("[]", "no JSON object");
  expect_no_set("{}", "no 'keys'");
  expect_no_set(R"({"keys":{}})", "no 'keys'");
  expect_no_set(R"({"keys":[],"keys":[]})", "'keys' twice");
  std::string many = "{}";
  for (std::size_t i = 0; i < KeySet::kMaxKeys; ++i) many += ",{}";
  expect_no_set(jwk_set(many), "over 100 keys");
  expect_no_set(std::string(KeySet::kMaxBytes + 1, ' '), "larger than 262144 bytes");
}

}  // namespace
}  // namespace tinyrig::oidc
