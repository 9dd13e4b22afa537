#include "server/daemon/storage_keeper.h"

#include <gtest/gtest.h>

#include <atomic>

#include "server/daemon/options.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/full_disk_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::daemon {
namespace {

using namespace testing_support;

bool parsed(std::vector<std::string> more, Options* options) {
  std::vector<std::string> words = {"tinyrigd", "--data", "d", "--farm", "/dev/null", "--catalog", "/"};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int exit_code = 0;
  testing::internal::CaptureStderr();
  const bool ok = parse_options(static_cast<int>(arguments.size()), arguments.data(), options, &exit_code);
  (void)testing::internal::GetCapturedStderr();
  return ok;
}

TEST(RetentionOptions, SizesAndAgesInWords) {
  Options options;
  ASSERT_TRUE(parsed({}, &options));
  EXPECT_EQ(options.retention().recordings_quota_bytes, 20'000'000'000u);
  EXPECT_EQ(options.retention().keep_recordings, absl::InfiniteDuration());
  EXPECT_EQ(options.retention().keep_unused_models, absl::InfiniteDuration());
  ASSERT_TRUE(parsed({"--recordings-quota", "500MB", "--keep-recordings", "90d", "--keep-samples", "26w", "--keep-logs",
                      "12h", "--keep-unused-models", "1d"},
                     &options));
  const store::Retention retention = options.retention();
  EXPECT_EQ(retention.recordings_quota_bytes, 500'000'000u);
  EXPECT_EQ(retention.keep_recordings, absl::Hours(90 * 24));
  EXPECT_EQ(retention.keep_samples, absl::Hours(26 * 7 * 24));
  EXPECT_EQ(retention.keep_logs, absl::Hours(12));
  EXPECT_EQ(retention.keep_unused_models, absl::Hours(24));
  Options gib;
  ASSERT_TRUE(parsed({"--recordings-quota", "1GiB"}, &gib));
  EXPECT_EQ(gib.retention().recordings_quota_bytes, 1u << 30);
  for (const char* wrong : {"90", "0d", "-1d", "1y", "999999w", "x"}) {
    Options ignored;
    EXPECT_FALSE(parsed({"--keep-logs", wrong}, &ignored)) << wrong;
  }
}

class StorageKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_sqlite_store(folder_.path(), {.retention = {.keep_unused_models = absl::Hours(1)}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    real_ = *std::move(opened);
    store_ = std::make_unique<FullDiskStore>(*real_);
    for (char digit = 'a'; digit <= 'f'; ++digit) {
      ASSERT_TRUE(wait_for_answer<store::PutModelResult>([&](auto done) {
                    store_->put_model(test_model(std::string(1, digit), digit), "bytes", std::move(done));
                  }).ok());
    }
  }
  // What was queued before is done then, and what it queued: each step queues the next one.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      (void)wait_for([&](store::Done done) { real_->append_log({}, std::move(done)); });
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::Store> real_;
  std::unique_ptr<FullDiskStore> store_;
  ManualClock clock_{kTestTime + absl::Minutes(30)};
};

TEST_F(StorageKeeperTest, APassTakesAllStepsThatItNeeds) {
  StorageKeeper keeper(*store_, clock_);
  keeper.look();
  settle();
  EXPECT_EQ(store_->list_models()->size(), 6u) << "not old enough";
  clock_.advance(absl::Hours(1));
  keeper.look();  // one model a step
  settle();
  EXPECT_EQ(store_->list_models()->size(), 0u);
}

TEST_F(StorageKeeperTest, AFullDiskEndsAPassAndNotTheNext) {
  StorageKeeper keeper(*store_, clock_);
  clock_.advance(absl::Hours(1));
  store_->set_full(true);
  keeper.look();
  settle();
  EXPECT_EQ(store_->list_models()->size(), 6u);
  store_->set_full(false);
  keeper.look();
  settle();
  EXPECT_EQ(store_->list_models()->size(), 0u);
}

TEST_F(StorageKeeperTest, MayEndInTheMiddleOfAPass) {
  clock_.advance(absl::Hours(1));
  {
    StorageKeeper keeper(*store_, clock_);
    keeper.look();
  }
  real_.reset();  // finishes what waits
}

}  // namespace
}  // namespace tinyrig::daemon
