// Tokens: what they open, when they stop, what of them is on the disk.
#include "server/access/token_book.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "server/access/secret.h"
#include "server/base/error.h"
#include "server/base/sha256.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::access {
namespace {

using testing_support::kTestTime;
using testing_support::wait_for_answer;

class TokenBookTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  // As a daemon that starts again has it.
  void open() {
    book_.reset();
    store_.reset();
    auto store = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    book_ = std::make_unique<TokenBook>(*store_, clock_);
    ASSERT_TRUE(book_->load().ok());
  }
  absl::StatusOr<NewToken> create(const std::string& user, const std::string& name, v1::Role role,
                                  absl::Time expires = absl::InfiniteFuture(), const std::string& created_by = "") {
    const TokenSpec spec{user, name, role, expires, created_by};
    return wait_for_answer<NewToken>([&](auto done) { book_->create(spec, std::move(done)); });
  }
  absl::StatusOr<v1::Token> revoke(const std::string& id) {
    return wait_for_answer<v1::Token>([&](auto done) { book_->revoke(id, std::move(done)); });
  }
  std::string refusal(const std::string& secret) { return reason_of(book_->caller_of(secret).status()); }

  testing_support::TemporaryFolder folder_;
  ManualClock clock_{kTestTime};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<TokenBook> book_;
};

TEST_F(TokenBookTest, OpensForItsUserAndRoleAlsoAfterARestart) {
  const auto made = create("acme/firmware", "ci", v1::ROLE_SUBMITTER, absl::InfiniteFuture(), "ann");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(is_secret(made->secret)) << made->secret;
  EXPECT_EQ(made->secret.size(), 8U + 64U);
  open();
  const auto caller = book_->caller_of(made->secret);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->user, "acme/firmware");
  EXPECT_EQ(caller->role, v1::ROLE_SUBMITTER);
  EXPECT_EQ(caller->token_id, made->token.id());
  EXPECT_EQ(caller->expires, absl::InfiniteFuture());
  ASSERT_EQ(book_->tokens().size(), 1U);
  EXPECT_EQ(book_->tokens()[0].created_by(), "ann");
}

TEST_F(TokenBookTest, OtherTextsOpenNothing) {
  const auto made = create("ann", "", v1::ROLE_ADMIN);
  ASSERT_TRUE(made.ok());
  std::string other = made->secret;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_EQ(refusal(other), "TOKEN_UNKNOWN");
  EXPECT_EQ(refusal(""), "TOKEN_UNKNOWN");
  EXPECT_EQ(refusal(made->secret.substr(0, made->secret.size() - 1)), "TOKEN_UNKNOWN");
  EXPECT_EQ(refusal(made->secret + "0"), "TOKEN_UNKNOWN");
  // What is stored opens nothing.
  EXPECT_EQ(refusal(sha256_hex(made->secret)), "TOKEN_UNKNOWN");
}

TEST_F(TokenBookTest, TheSecretIsNowhereOnTheDisk) {
  const auto made = create("ann", "", v1::ROLE_ADMIN);
  ASSERT_TRUE(made.ok());
  book_.reset();
  store_.reset();
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    EXPECT_EQ(bytes.find(made->secret), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(made->secret.substr(8)), std::string::npos) << entry.path();
    files += bytes.find(sha256_hex(made->secret)) == std::string::npos ? 0 : 1;
  }
  EXPECT_EQ(files, 1) << "its digest is in the database";
}

TEST_F(TokenBookTest, ExpiresAndIsRevoked) {
  const auto short_lived = create("ann", "day", v1::ROLE_VIEWER, kTestTime + absl::Hours(24), "");
  const auto revoked = create("bob", "", v1::ROLE_ADMIN);
  ASSERT_TRUE(short_lived.ok() && revoked.ok());
  EXPECT_TRUE(book_->has_admin());
  std::string told;
  book_->on_revoked([&](const std::string& id) { told = id; });
  ASSERT_TRUE(revoke(revoked->token.id()).ok());
  EXPECT_EQ(told, revoked->token.id());
  EXPECT_EQ(refusal(revoked->secret), "TOKEN_REVOKED");
  EXPECT_FALSE(book_->has_admin());
  EXPECT_TRUE(revoke(revoked->token.id()).ok()) << "twice is fine";
  EXPECT_EQ(reason_of(revoke("t-none").status()), "TOKEN_UNKNOWN");

  clock_.advance(absl::Hours(24) - absl::Microseconds(1));
  EXPECT_TRUE(book_->caller_of(short_lived->secret).ok());
  clock_.advance(absl::Microseconds(1));
  EXPECT_EQ(refusal(short_lived->secret), "TOKEN_EXPIRED");
  open();
  EXPECT_EQ(refusal(short_lived->secret), "TOKEN_EXPIRED");
  EXPECT_EQ(refusal(revoked->secret), "TOKEN_REVOKED");
}

TEST_F(TokenBookTest, LastUseIsKept) {
  const auto made = create("ann", "", v1::ROLE_VIEWER);
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE(book_->tokens()[0].has_last_use_time());
  clock_.advance(absl::Hours(3));
  ASSERT_TRUE(book_->caller_of(made->secret).ok());
  book_->save_uses();
  open();
  EXPECT_EQ(store::micros_of(book_->tokens()[0].last_use_time()), absl::ToUnixMicros(kTestTime + absl::Hours(3)));
}

TEST_F(TokenBookTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(reason_of(create("", "", v1::ROLE_VIEWER).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create("ann lee", "", v1::ROLE_VIEWER).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create("ann", "x\n", v1::ROLE_VIEWER).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create(std::string(101, 'a'), "", v1::ROLE_VIEWER).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create("ann", "", v1::ROLE_UNSPECIFIED).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create("ann", "", static_cast<v1::Role>(9)).status()), "TOKEN_SPEC_INVALID");
  EXPECT_EQ(reason_of(create("ann", "", v1::ROLE_VIEWER, kTestTime, "").status()), "TOKEN_SPEC_INVALID");
  EXPECT_TRUE(book_->tokens().empty());
  ASSERT_TRUE(create("ann", "ci", v1::ROLE_VIEWER).ok());
  EXPECT_EQ(reason_of(create("ann", "ci", v1::ROLE_ADMIN).status()), "TOKEN_EXISTS");
  EXPECT_TRUE(create("ann", "laptop", v1::ROLE_ADMIN).ok());
}

}  // namespace
}  // namespace tinyrig::access
