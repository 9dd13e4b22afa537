#include "server/oidc/oidc_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/error.h"
#include "server/oidc/base64url.h"
#include "tests/support/oidc/signing_key.h"

namespace tinyrig::oidc {
namespace {

using test::header_of;
using test::jwk_set;
using test::make_token;
using test::SigningKey;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr char kRules[] = R"(
[[issuer]]
name = "github"
url = "https://ci.example"
audience = "tinyrig"
keys = "KEYS"

[[issuer]]
name = "other"
url = "https://other.example"
audience = "tinyrig"
keys = "OTHER"

[[rule]]
issuer = "github"
role = "operator"
owner = "ci/{repository}"
claims = { repository = "acme/firmware", ref = "refs/heads/main" }

[[rule]]
issuer = "github"
role = "submitter"
owner = "{absent}"
claims = { repository = "acme/no-owner" }
)";
// Claims of a token that the first rule takes.
constexpr char kClaims[] =
    R"({"iss":"https://ci.example","aud":"tinyrig","sub":"repo:acme/firmware:ref:refs/heads/main","exp":1700000300,)"
    R"("nbf":1699999990,"iat":1699999990,"repository":"acme/firmware","ref":"refs/heads/main","run_id":7})";

// Keys are slow to make: once for all tests.
const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}
const SigningKey& ec_key() {
  static const SigningKey key = SigningKey::p256();
  return key;
}
const SigningKey& other_key() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}

class Verifying : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(keys_file_) << jwk_set(rsa_key().jwk("rsa") + "," + ec_key().jwk("ec"));
    std::ofstream(other_file_) << jwk_set(other_key().jwk("rsa"));
    start(VerifierSettings().files);
  }
  void TearDown() override {
    verifier_.reset();
    pool_.stop();
    pool_.join();
    std::filesystem::remove(keys_file_);
    std::filesystem::remove(other_file_);
  }

  void start(const KeyTiming& timing) {
    const std::string rules =
        absl::StrReplaceAll(kRules, {{"KEYS", keys_file_.string()}, {"OTHER", other_file_.string()}});
    VerifierSettings settings;
    settings.files = timing;
    auto verifier =
        OidcVerifier::start(parse_config(rules, "oidc.toml").value(), pool_.get_executor(), clock_, settings);
    ASSERT_TRUE(verifier.ok()) << verifier.status();
    verifier_ = *std::move(verifier);
  }

  absl::StatusOr<OidcIdentity> verify(const std::string& token, std::int64_t now = kNow) {
    return verifier_->verify(token, absl::FromUnixSeconds(now));
  }

  void expect_refused(const std::string& token, absl::StatusCode code, const std::string& reason,
                      const std::string& says, std::int64_t now = kNow) {
    const auto identity = verify(token, now);
    ASSERT_FALSE(identity.ok());
    EXPECT_EQ(identity.status().code(), code);
    EXPECT_EQ(reason_of(identity.status()), reason);
    const std::string message(identity.status().message());
    EXPECT_THAT(message, HasSubstr(says));
    const std::size_t signature = token.rfind('.') + 1;
    EXPECT_TRUE(token.size() <= signature || message.find(token.substr(signature)) == std::string::npos);
  }
  void expect_unauthenticated(const std::string& token, const std::string& reason, const std::string& says = "") {
    expect_refused(token, absl::StatusCode::kUnauthenticated, reason, says);
  }

  static std::string good_token() { return make_token(rsa_key(), header_of(rsa_key(), "rsa"), kClaims); }
  // The good claims but for one part.
  static std::string with(const std::string& old_part, const std::string& new_part) {
    const std::string claims = absl::StrReplaceAll(kClaims, {{old_part, new_part}});
    EXPECT_NE(claims, kClaims) << old_part;
    return make_token(rsa_key(), header_of(rsa_key(), "rsa"), claims);
  }

  boost::asio::thread_pool pool_{1};
  ManualClock clock_{absl::FromUnixSeconds(kNow)};
  const std::string stem_ =
      testing::TempDir() + "verifier_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::filesystem::path keys_file_ = stem_ + ".json", other_file_ = stem_ + ".other.json";
  std::unique_ptr<OidcVerifier> verifier_;
};

TEST_F(Verifying, AGoodTokenSaysWhoItIs) {
  for (const std::string& token : {good_token(), make_token(ec_key(), header_of(ec_key(), "ec"), kClaims)}) {
    const auto identity = verify(token);
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ(identity->subject_name, "github:repo:acme/firmware:ref:refs/heads/main");
    EXPECT_EQ(identity->role, Role::kOperator);
    EXPECT_EQ(identity->owner, "ci/acme/firmware");
    EXPECT_EQ(identity->expires, absl::FromUnixSeconds(1'700'000'300));
  }
  EXPECT_TRUE(verify(with("\"aud\":\"tinyrig\"", "\"aud\":[\"a\",\"tinyrig\"]")).ok());
}

TEST_F(Verifying, WhatTheIssuerDidNotSignIsRefused) {
  const std::string token = good_token();
  const std::size_t first = token.find('.'), last = token.rfind('.');
  const std::string other_claims = encode_base64url(absl::StrReplaceAll(kClaims, {{"\"run_id\":7", "\"run_id\":8"}}));
  expect_unauthenticated(token.substr(0, first + 1) + other_claims + token.substr(last), "TOKEN_SIGNATURE_INVALID");
  expect_unauthenticated(make_token(other_key(), header_of(rsa_key(), "rsa"), kClaims), "TOKEN_SIGNATURE_INVALID");
  expect_unauthenticated(with("https://ci.example", "https://other.example"), "TOKEN_SIGNATURE_INVALID");
  expect_unauthenticated(make_token(ec_key(), header_of(rsa_key(), "rsa"), kClaims), "TOKEN_SIGNATURE_INVALID");
  expect_unauthenticated(token.substr(0, last + 1) + "AAAA", "TOKEN_SIGNATURE_INVALID");
}

TEST_F(Verifying, AKeyServesItsOwnAlgorithmAlone) {
  expect_unauthenticated(make_token(rsa_key(), R"({"alg":"ES256","kid":"rsa"})", kClaims), "KEY_UNKNOWN", "'rsa'");
  expect_unauthenticated(make_token(ec_key(), R"({"alg":"RS256","kid":"ec"})", kClaims), "KEY_UNKNOWN", "'ec'");
  expect_unauthenticated(make_token(rsa_key(), R"({"alg":"RS256","kid":"new"})", kClaims), "KEY_UNKNOWN", "'new'");
}

// The classic: the public key, known to all, as a shared secret; and no signature at all.
TEST_F(Verifying, SharedSecretsAndNoneAreRefused) {
  const std::string signed_part =
      encode_base64url(R"({"alg":"HS256","typ":"JWT","kid":"rsa"})") + "." + encode_base64url(kClaims);
  const std::string secret = rsa_key().jwk("rsa");
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ASSERT_NE(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                 reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(), mac, &size),
            nullptr);
  expect_unauthenticated(
      signed_part + "." + encode_base64url(std::string_view(reinterpret_cast<const char*>(mac), size)),
      "TOKEN_ALGORITHM_REFUSED", "HS256");
  expect_unauthenticated(encode_base64url(R"({"alg":"none","kid":"rsa"})") + "." + encode_base64url(kClaims) + ".",
                         "TOKEN_ALGORITHM_REFUSED", "none");
}

TEST_F(Verifying, OtherIssuersAreRefused) {
  expect_unauthenticated(with("https://ci.example", "https://ci.example/"), "ISSUER_UNKNOWN", "'https://ci.example/'");
  expect_unauthenticated(with("https://ci.example", "https://ci.example.evil"), "ISSUER_UNKNOWN");
  expect_unauthenticated(with("https://ci.example", "github"), "ISSUER_UNKNOWN");
}

TEST_F(Verifying, TokensForOthersAreRefused) {
  expect_unauthenticated(with("\"aud\":\"tinyrig\"", "\"aud\":\"tinyrig2\""), "TOKEN_AUDIENCE_WRONG");
  expect_unauthenticated(with("\"aud\":\"tinyrig\"", "\"aud\":[]"), "TOKEN_AUDIENCE_WRONG");
  expect_unauthenticated(with("\"aud\":\"tinyrig\"", "\"aud\":[\"x\",\"TinyRig\"]"), "TOKEN_AUDIENCE_WRONG");
  EXPECT_THAT(hint_of(verify(with("\"aud\":\"tinyrig\"", "\"aud\":\"x\"")).status()), HasSubstr("audience 'tinyrig'"));
}

TEST_F(Verifying, TimesHold) {
  EXPECT_TRUE(verify(good_token(), 1'700'000'359).ok());
  expect_refused(good_token(), absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED", "2023-11-14T22:18:20",
                 1'700'000'360);
  EXPECT_TRUE(verify(good_token(), 1'699'999'930).ok());
  expect_refused(good_token(), absl::StatusCode::kUnauthenticated, "TOKEN_NOT_YET_VALID", "not valid before",
                 1'699'999'929);
}

TEST_F(Verifying, WithoutARuleTheClaimsAreNamed) {
  expect_refused(with("acme/firmware\"", "acme-evil/firmware\""), absl::StatusCode::kPermissionDenied,
                 "TOKEN_NOT_ALLOWED",
                 "no rule takes this ID token of 'github': ref=refs/heads/main, repository=acme-evil/firmware, "
                 "sub=repo:acme/firmware:ref:refs/heads/main");
  expect_refused(make_token(other_key(), header_of(other_key(), "rsa"),
                            absl::StrReplaceAll(kClaims, {{"https://ci.example", "https://other.example"}})),
                 absl::StatusCode::kPermissionDenied, "TOKEN_NOT_ALLOWED", "of 'other': sub=");
  expect_refused(with("\"repository\":\"acme/firmware\"", "\"repository\":\"acme/no-owner\""),
                 absl::StatusCode::kPermissionDenied, "TOKEN_NOT_ALLOWED", "'{absent}' needs a claim");
}

TEST_F(Verifying, WhatIsNoTokenIsRefused) {
  for (const char* token : {"", "x", "a.b.c", "..", "tinyrig_0123"}) expect_unauthenticated(token, "TOKEN_MALFORMED");
  expect_unauthenticated(with("\"run_id\":7", "\"ref\":\"refs/heads/x\""), "TOKEN_MALFORMED", "'ref' twice");
  expect_unauthenticated(with("\"sub\"", "\"subject\""), "TOKEN_MALFORMED", "'sub'");
}

TEST_F(Verifying, AFileThatIsMissingIsSaidAtTheStart) {
  Config config = parse_config(absl::StrReplaceAll(kRules, {{"KEYS", "/nowhere.json"}}), "oidc.toml").value();
  const auto verifier = OidcVerifier::start(config, pool_.get_executor(), clock_);
  EXPECT_THAT(std::string(verifier.status().message()), HasSubstr("/nowhere.json"));
  config.issuers[0].keys_file.clear();
  config.issuers[0].ca_file = "/nowhere.pem";
  EXPECT_THAT(std::string(OidcVerifier::start(config, pool_.get_executor(), clock_).status().message()),
              HasSubstr("/nowhere.pem"));
}

// Many at once, while keys are loaded anew; of use under sanitizers.
TEST_F(Verifying, ManyThreadsMayAsk) {
  start({absl::ZeroDuration(), absl::ZeroDuration(), absl::Hours(24)});
  const std::string good = good_token(), unknown = make_token(rsa_key(), header_of(rsa_key(), "new"), kClaims);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        if (verify(good).ok()) ++right;
        if (reason_of(verify(unknown).status()) == "KEY_UNKNOWN") ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace tinyrig::oidc
