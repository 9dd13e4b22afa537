// Keys that change, go and come back, at an issuer over real TLS on loopback; the clock is the test's.
#include "server/oidc/key_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "tests/support/oidc/issuer_server.h"

namespace tinyrig::oidc {
namespace {

namespace asio = boost::asio;
using test::http_answer;
using test::IssuerServer;
using test::jwk_set;
using test::SigningKey;
using testing::HasSubstr;

// Counts how often the real one is asked.
class CountedSource final : public KeySource {
 public:
  CountedSource(std::unique_ptr<KeySource> real, int& begun) : real_(std::move(real)), begun_(begun) {}

  asio::awaitable<absl::StatusOr<KeySet>> load() override {
    ++begun_;
    return real_->load();
  }

 private:
  const std::unique_ptr<KeySource> real_;
  int& begun_;
};

class KeyKeeping : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(ca_file_) << authority_.certificate_pem(); }
  void TearDown() override {
    std::filesystem::remove(ca_file_);
    std::filesystem::remove(keys_file_);
  }

  std::unique_ptr<KeyKeeper> fetch() {
    auto source = std::make_unique<CountedSource>(keys_of_issuer(server_.url(), ca_file_, limits_), begun_);
    return KeyKeeper::start(io_.get_executor(), "github", std::move(source), std::nullopt, timing_, clock_);
  }

  template <class Condition>
  void run_until(Condition condition) {
    while (!condition()) io_.run_one();
  }

  bool has(KeyKeeper& keeper, const std::string& key_id) {
    return keeper.find(key_id, Algorithm::kEs256, clock_.now()).ok();
  }
  std::string reason(KeyKeeper& keeper, const std::string& key_id) {
    return reason_of(keeper.find(key_id, Algorithm::kEs256, clock_.now()).status());
  }
  // What keeps the keys from being there, once it is known.
  std::string problem(KeyKeeper& keeper) {
    std::string text;
    run_until([&] {
      text = std::string(keeper.find("a", Algorithm::kEs256, clock_.now()).status().message());
      return text.find("being loaded") == std::string::npos;
    });
    return text;
  }
  int loads() const { return server_.requests(IssuerServer::kKeysPath); }

  int begun_ = 0;  // loads
  asio::io_context io_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  test::TestAuthority authority_;
  IssuerServer server_{io_, authority_.issue("localhost")};
  const std::string stem_ =
      testing::TempDir() + "key_keeper_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::filesystem::path ca_file_ = stem_ + ".pem", keys_file_ = stem_ + ".json";
  HttpsLimits limits_;
  KeyTiming timing_{absl::Hours(1), absl::Seconds(30), absl::Hours(24)};
  const SigningKey old_ = SigningKey::p256(), new_ = SigningKey::p256();
};

TEST_F(KeyKeeping, KeysComeInTheBackground) {
  server_.serve_keys(jwk_set(old_.jwk("a")));
  const auto keeper = fetch();
  const auto before = keeper->find("a", Algorithm::kEs256, clock_.now());
  EXPECT_EQ(before.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(before.status().message(), "the keys of issuer 'github' are not at hand: they are being loaded");
  run_until([&] { return has(*keeper, "a"); });
  const auto key = keeper->find("a", Algorithm::kEs256, clock_.now());
  EXPECT_TRUE(key->verifies("text", old_.sign("text")));
  EXPECT_EQ(keeper->find("a", Algorithm::kRs256, clock_.now()).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(reason(*keeper, "b"), "KEY_UNKNOWN");
}

TEST_F(KeyKeeping, AnUnknownKeyHasThemLoadedAgainButNotTooOften) {
  server_.serve_keys(jwk_set(old_.jwk("a")));
  const auto keeper = fetch();
  run_until([&] { return has(*keeper, "a"); });
  server_.serve_keys(jwk_set(new_.jwk("b")));
  clock_.advance(absl::Seconds(29));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(reason(*keeper, "b"), "KEY_UNKNOWN");
  io_.poll();
  EXPECT_EQ(begun_, 1);
  clock_.advance(absl::Seconds(1));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(reason(*keeper, "b"), "KEY_UNKNOWN");
  run_until([&] { return has(*keeper, "b"); });
  EXPECT_EQ(begun_, 2);
  EXPECT_EQ(reason(*keeper, "a"), "KEY_UNKNOWN") << "what the issuer took back is gone";
}

TEST_F(KeyKeeping, OldKeysStayWhileTheIssuerIsAwayUntilTheyAreTooOld) {
  server_.serve_keys(jwk_set(old_.jwk("a")));
  const auto keeper = fetch();
  run_until([&] { return has(*keeper, "a"); });
  const absl::Time loaded = clock_.now();
  server_.set_manner(IssuerServer::Manner::kHangsUp);
  clock_.advance(absl::Hours(24));
  EXPECT_EQ(reason(*keeper, "b"), "KEY_UNKNOWN");
  EXPECT_TRUE(has(*keeper, "a"));
  clock_.advance(absl::Seconds(1));
  EXPECT_EQ(reason(*keeper, "a"), "KEYS_UNAVAILABLE");
  EXPECT_THAT(problem(*keeper), HasSubstr("GET " + server_.url() + IssuerServer::kDiscoveryPath));
  EXPECT_TRUE(keeper->find("a", Algorithm::kEs256, loaded).ok()) << "nothing was thrown away";

  server_.set_manner(IssuerServer::Manner::kAnswers);
  clock_.advance(absl::Seconds(30));
  EXPECT_EQ(reason(*keeper, "a"), "KEYS_UNAVAILABLE");
  run_until([&] { return has(*keeper, "a"); });
}

TEST_F(KeyKeeping, KeysAreLoadedAnewWithoutBeingAskedFor) {
  timing_.refresh_every = absl::Milliseconds(1);
  timing_.not_sooner_than = absl::Hours(1);
  server_.serve_keys(jwk_set(old_.jwk("a")));
  const auto keeper = fetch();
  run_until([&] { return has(*keeper, "a"); });
  server_.serve_keys(jwk_set(old_.jwk("a") + "," + new_.jwk("b")));
  run_until([&] { return has(*keeper, "b"); });
  EXPECT_TRUE(has(*keeper, "a"));
}

TEST_F(KeyKeeping, AFailedLoadIsTriedAgain) {
  timing_.not_sooner_than = absl::Milliseconds(1);
  const auto keeper = fetch();
  run_until([&] { return server_.requests(IssuerServer::kDiscoveryPath) == 3; });
  server_.serve_keys(jwk_set(old_.jwk("a")));
  run_until([&] { return has(*keeper, "a"); });
}

TEST_F(KeyKeeping, AClockThatIsSetBackHoldsNothingUp) {
  server_.serve_keys(jwk_set(old_.jwk("a")));
  const auto keeper = fetch();
  run_until([&] { return has(*keeper, "a"); });
  server_.serve_keys(jwk_set(new_.jwk("b")));
  clock_.advance(-absl::Hours(1'000));
  EXPECT_TRUE(has(*keeper, "a"));
  EXPECT_EQ(reason(*keeper, "b"), "KEY_UNKNOWN");
  run_until([&] { return has(*keeper, "b"); });
}

TEST_F(KeyKeeping, ADiscoveryDocumentOfSomeoneElseIsRefused) {
  const auto serve = [&](const std::string& document) {
    server_.answer(IssuerServer::kDiscoveryPath, http_answer("200 OK", document));
    return problem(*fetch());
  };
  const std::string issuer = absl::StrCat("{\"issuer\":\"", server_.url(), "\"");
  EXPECT_THAT(serve("{\"issuer\":\"https://evil\",\"jwks_uri\":\"" + server_.url() + "/keys\"}"),
              HasSubstr("is of another issuer"));
  EXPECT_THAT(serve(issuer + ",\"jwks_uri\":\"https://evil/keys\"}"), HasSubstr("keys on another host: https://evil/"));
  EXPECT_THAT(serve(issuer + ",\"jwks_uri\":\"https://localhost/keys\"}"), HasSubstr("keys on another host"))
      << "another port";
  EXPECT_THAT(serve(issuer + ",\"jwks_uri\":\"http://localhost/keys\"}"), HasSubstr("no 'jwks_uri' that can be taken"));
  EXPECT_THAT(serve(issuer + "}"), HasSubstr("no 'jwks_uri'"));
  EXPECT_THAT(serve(issuer + "," + issuer.substr(1) + "}"), HasSubstr("'issuer' twice"));
  EXPECT_THAT(serve("nonsense"), HasSubstr("no JSON"));
  EXPECT_EQ(loads(), 0);
}

TEST_F(KeyKeeping, KeysThatMakeNoSenseAreRefused) {
  server_.serve_keys("{}");
  EXPECT_THAT(problem(*fetch()), HasSubstr(server_.url() + "/keys: the key set has no 'keys'"));
  server_.serve_keys(jwk_set(SigningKey::rsa(1024).jwk("a")));
  EXPECT_THAT(problem(*fetch()), HasSubstr("1024 bits"));
  limits_.body_bytes = 1'000;
  server_.serve_keys(jwk_set(old_.jwk("a")) + std::string(1'000, ' '));
  EXPECT_THAT(problem(*fetch()), HasSubstr("the answer has over 1000 bytes"));
}

TEST_F(KeyKeeping, AFileIsReadAgain) {
  const auto write = [&](const std::string& text) { std::ofstream(keys_file_) << text; };
  write(jwk_set(old_.jwk("a")));
  timing_ = {absl::Milliseconds(1), absl::Milliseconds(1), absl::Hours(24)};
  const auto keeper = KeyKeeper::start(io_.get_executor(), "github", keys_in_file(keys_file_),
                                       load_key_file(keys_file_).value(), timing_, clock_);
  EXPECT_TRUE(has(*keeper, "a")) << "without waiting";
  write(jwk_set(new_.jwk("b")));
  run_until([&] { return has(*keeper, "b"); });
  EXPECT_FALSE(has(*keeper, "a"));
  write("nonsense");
  for (int i = 0; i < 20; ++i) io_.run_one();
  EXPECT_TRUE(has(*keeper, "b")) << "old keys stay";
  clock_.advance(absl::Hours(25));
  run_until([&] { return reason(*keeper, "b") == "KEYS_UNAVAILABLE"; });
  EXPECT_THAT(problem(*keeper), HasSubstr(keys_file_.string() + ": the key set is no JSON"));
}

TEST_F(KeyKeeping, AFileMustBeThereAndSmall) {
  EXPECT_THAT(std::string(load_key_file("/nowhere.json").status().message()), HasSubstr("cannot read /nowhere.json"));
  EXPECT_THAT(std::string(load_key_file(testing::TempDir()).status().message()), HasSubstr("cannot read"));
  std::ofstream(keys_file_) << jwk_set(old_.jwk("a")) << std::string(KeySet::kMaxBytes, ' ');
  EXPECT_THAT(std::string(load_key_file(keys_file_).status().message()), HasSubstr("larger than"));
}

TEST_F(KeyKeeping, NothingGoesOnAfterItsEnd) {
  server_.serve_keys(jwk_set(old_.jwk("a")));
  auto waiting = fetch(), loading = fetch();
  run_until([&] { return has(*waiting, "a"); });
  waiting.reset();
  loading.reset();
  run_until([&] { return loads() == 2; });  // what was under way
  io_.poll();
  EXPECT_EQ(begun_, 2);
}

}  // namespace
}  // namespace tinyrig::oidc
