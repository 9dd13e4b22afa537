// Quotas over days. How many unfinished jobs are taken the store's tests say.
#include "server/access/quota_book.h"

#include <gtest/gtest.h>

#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::access {
namespace {

class QuotaBookTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  testing_support::TemporaryFolder folder_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};  // 22:13 UTC
  std::unique_ptr<store::Store> store_;
  const Caller ann_{"ann", v1::ROLE_SUBMITTER, "t-1"};
  const Caller bob_{"bob", v1::ROLE_ADMIN, "t-2"};
};

TEST_F(QuotaBookTest, UploadsOfADay) {
  QuotaBook quotas({3, 1000, absl::Hours(1)}, *store_, clock_);
  EXPECT_TRUE(quotas.take_upload(ann_, 600).ok());
  EXPECT_EQ(reason_of(quotas.take_upload(ann_, 401)), "QUOTA_UPLOADS");
  EXPECT_TRUE(quotas.take_upload(ann_, 400).ok()) << "what was refused was not counted";
  EXPECT_EQ(reason_of(quotas.take_upload(ann_, ~std::uint64_t{0})), "QUOTA_UPLOADS");
  EXPECT_TRUE(quotas.take_upload(bob_, 1000).ok());
  EXPECT_TRUE(quotas.take_upload(anybody(), 5000).ok());
  EXPECT_EQ(quotas.quotas(ann_)->upload_bytes(), 1000U);
  clock_.advance(absl::Hours(2));  // another day
  EXPECT_EQ(quotas.quotas(ann_)->upload_bytes(), 0U);
  EXPECT_TRUE(quotas.take_upload(ann_, 1000).ok());
}

TEST_F(QuotaBookTest, LimitsAreToldAndNobodyHasNone) {
  const QuotaBook quotas({3, 1000, absl::Hours(1)}, *store_, clock_);
  EXPECT_EQ(quotas.most_unfinished_jobs(ann_), 3U);
  EXPECT_EQ(quotas.most_unfinished_jobs(anybody()), 0U);
  EXPECT_TRUE(quotas.check_board_time(ann_).ok());
  const auto told = quotas.quotas(ann_);
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->unfinished_jobs_limit(), 3U);
  EXPECT_EQ(told->upload_bytes_limit(), 1000U);
  EXPECT_EQ(told->board_time_s_limit(), 3600U);
}

}  // namespace
}  // namespace tinyrig::access
