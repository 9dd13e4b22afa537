// The one check: who may call, and what is written down of it.
#include "server/access/access_control.h"

#include <gtest/gtest.h>

#include "server/access/roles.h"
#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::access {
namespace {

using testing_support::wait_for_answer;

class AccessControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::string secret_of(AccessControl& access, const std::string& user, v1::Role role) {
    return wait_for_answer<NewToken>([&](auto done) {
             access.tokens().create({user, "", role, absl::InfiniteFuture(), ""}, std::move(done));
           })
        ->secret;
  }
  // All that was written has come once a later write has.
  std::vector<v1::AuditLine> audit() {
    EXPECT_TRUE(
        testing_support::wait_for([&](auto done) { store_->forget_golden_latencies("", std::move(done)); }).ok());
    return *store_->audit_log("", 0);
  }
  testing_support::TemporaryFolder folder_;
  ManualClock clock_{testing_support::kTestTime};
  std::unique_ptr<store::Store> store_;
  const google::protobuf::MethodDescriptor& submit_ = *method_of_request(*v1::SubmitJobRequest::descriptor());
  const google::protobuf::MethodDescriptor& get_ = *method_of_request(*v1::GetJobRequest::descriptor());
};

TEST_F(AccessControlTest, WithoutTokensEverybodyIsAnAdminWithoutAName) {
  AccessControl access({}, *store_, clock_);
  const auto caller = access.admit("", submit_);
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(caller->unnamed());
  EXPECT_EQ(caller->role, v1::ROLE_ADMIN);
}

TEST_F(AccessControlTest, AsksForABearerToken) {
  AccessControl access({true, 0, {}}, *store_, clock_);
  const std::string secret = secret_of(access, "ann", v1::ROLE_VIEWER);
  EXPECT_EQ(reason_of(access.admit("", get_).status()), "TOKEN_MISSING");
  EXPECT_EQ(reason_of(access.admit("Basic YTpi", get_).status()), "TOKEN_MALFORMED");
  EXPECT_EQ(reason_of(access.admit(secret, get_).status()), "TOKEN_MALFORMED");
  EXPECT_EQ(reason_of(access.admit("Bearer " + secret + " ", get_).status()), "TOKEN_UNKNOWN");
  EXPECT_TRUE(access.admit("Bearer " + secret, get_).ok());
  EXPECT_TRUE(access.admit("bearer " + secret, get_).ok());
  EXPECT_EQ(reason_of(access.admit("Bearer " + secret, submit_).status()), "ROLE_TOO_LOW");
  // Who was refused for the role is known, and written down; who is not known could fill the disk.
  const auto lines = audit();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].user(), "ann");
  EXPECT_EQ(lines[0].method(), "JobService/SubmitJob");
  EXPECT_EQ(lines[0].result(), "ROLE_TOO_LOW");
}

TEST_F(AccessControlTest, TokensOfOthersGoToWhoKnowsThem) {
  AccessControl access({true, 0, {}}, *store_, clock_);
  std::string asked;
  access.identify_others_by([&](std::string_view bearer) -> absl::StatusOr<Caller> {
    asked = std::string(bearer);
    return Caller{"acme/firmware", v1::ROLE_SUBMITTER, ""};
  });
  EXPECT_EQ(access.admit("Bearer a.b.c", submit_)->user, "acme/firmware");
  EXPECT_EQ(asked, "a.b.c");
  asked.clear();
  const std::string ours = "tinyrig_" + std::string(64, '0');
  EXPECT_EQ(reason_of(access.admit("Bearer " + ours, submit_).status()), "TOKEN_UNKNOWN");
  EXPECT_EQ(asked, "") << "a token of ours is shown to nobody else";
}

TEST_F(AccessControlTest, RatesAreOfTheUserNotOfTheToken) {
  AccessControl access({true, 1, {}}, *store_, clock_);
  const std::string ann = secret_of(access, "ann", v1::ROLE_ADMIN);
  EXPECT_TRUE(access.admit("Bearer " + ann, get_).ok());
  EXPECT_TRUE(access.admit("Bearer " + ann, get_).ok());
  EXPECT_EQ(reason_of(access.admit("Bearer " + ann, get_).status()), "RATE_LIMITED");
}

TEST_F(AccessControlTest, WritesDownWhatMayChangeSomething) {
  AccessControl access({true, 0, {}}, *store_, clock_);
  const Caller ann{"ann", v1::ROLE_SUBMITTER, "t-1"};
  access.record(ann, get_, "j-1", absl::OkStatus());
  access.record(ann, submit_, "j-1", absl::OkStatus());
  access.record(ann, submit_, "", make_error(absl::StatusCode::kInvalidArgument, "JOB_EMPTY", "no"));
  const auto lines = audit();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].result(), "JOB_EMPTY");
  EXPECT_EQ(lines[1].subject(), "j-1");
  EXPECT_EQ(lines[1].token_id(), "t-1");
  EXPECT_EQ(lines[1].result(), "OK");
  ASSERT_EQ(store_->audit_log("j-1", 5)->size(), 1U);
  EXPECT_EQ(store_->audit_log("", 1)->front().result(), "JOB_EMPTY");
}

}  // namespace
}  // namespace tinyrig::access
