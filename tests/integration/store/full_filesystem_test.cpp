// A file system that is really full: a small one in memory, mounted for this process alone.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

#include "server/base/error.h"
#include "server/daemon/storage_keeper.h"
#include "tests/support/store/queue_farm.h"

namespace tinyrig {
namespace {

using namespace testing_support;

constexpr std::uint64_t kMegabyte = 1'000'000;

// Mounts of this process are its own from then on. Without root it becomes root of nothing but itself.
bool enter_own_namespace() {
  const uid_t user = geteuid();
  if (user == 0) return unshare(CLONE_NEWNS) == 0;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  return static_cast<bool>(std::ofstream("/proc/self/uid_map") << "0 " << user << " 1" << std::flush);
}

class FullFileSystemTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_namespace() || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=32m") != 0) {
      GTEST_SKIP() << "a file system of its own takes root, or user namespaces: " << std::strerror(errno);
    }
    mounted_ = true;
  }
  void TearDown() override {
    farm_.reset();
    if (!mounted_) return;
    EXPECT_EQ(umount(folder_.path().c_str()), 0) << std::strerror(errno);
  }

  void open(const store::SqliteStoreOptions& options) {
    farm_.reset();
    farm_ = std::make_unique<QueueFarm>(folder_.path() / "data", options);
  }

  std::uint64_t free_bytes() const { return std::filesystem::space(folder_.path()).available; }

  // Somebody else's file, so large that `left` bytes stay free.
  void fill(std::uint64_t left) {
    std::ofstream file(folder_.path() / "somebody-elses", std::ios::binary | std::ios::app);
    const std::string block(4'096, 'x');
    while (free_bytes() > left && file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void make_room() { std::filesystem::remove(folder_.path() / "somebody-elses"); }

  std::string submit() { return farm_->submit(QueueFarm::spec({"kws"}, {"t"}))->job().job_id(); }

  /// A measured run with a recording of noise, which does not shrink.
  jobs::AttemptEnd measured(double median, std::size_t recording_bytes) {
    jobs::AttemptEnd end = QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, median);
    std::vector<std::uint8_t> bytes(recording_bytes);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    end.capture = std::make_shared<store::PackedCapture>(store::pack_capture({}, bytes));
    return end;
  }

  std::uint64_t kept_recordings() const { return farm_->store().storage(kTestTime)->kinds(0).count(); }

  TemporaryFolder folder_;
  bool mounted_ = false;
  std::mt19937 random_{1};
  std::unique_ptr<QueueFarm> farm_;
};

TEST_F(FullFileSystemTest, WhatWasAcknowledgedIsThereAndWhatWaitsIsSavedWhenThereIsRoom) {
  open({});
  farm_->add_model("kws", 'a');
  std::vector<std::string> finished;
  for (int i = 0; i < 5; ++i) {
    submit();
    const auto lease = farm_->queue().take(kBoardA);
    ASSERT_TRUE(farm_->finish(*lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, 100 + i)).ok());
    finished.push_back(lease->run_id);
  }
  const std::string queued = submit();
  const auto lease = farm_->queue().take(kBoardA);
  ASSERT_TRUE(lease.has_value());
  submit();  // work that waits

  fill(0);
  bool saved = false;
  farm_->queue().finish(lease->run_id, lease->attempt, measured(77, 2 * kMegabyte),
                        [&](const absl::Status& status) { saved = status.ok(); });
  farm_->settle();
  EXPECT_EQ(farm_->queue().unsaved_ends(), 1u);
  EXPECT_FALSE(farm_->queue().take(kBoardA).has_value());
  EXPECT_EQ(reason_of(farm_->submit(QueueFarm::spec({"kws", "kws", "kws", "kws"}, {"t"}), "key").status()),
            "DISK_FULL");
  farm_->queue().retry_unsaved();
  farm_->settle();
  EXPECT_EQ(farm_->queue().unsaved_ends(), 1u);
  for (const std::string& run : finished) EXPECT_TRUE(farm_->store().run(run)->has_result());

  make_room();
  farm_->queue().retry_unsaved();
  farm_->settle();
  EXPECT_TRUE(saved);
  EXPECT_EQ(farm_->queue().unsaved_ends(), 0u);
  EXPECT_FALSE(farm_->submit(QueueFarm::spec({"kws"}, {"t"}), "key")->already_submitted());
  EXPECT_TRUE(farm_->queue().take(kBoardA).has_value());

  farm_->restart();
  for (std::size_t i = 0; i < finished.size(); ++i) {
    EXPECT_EQ(farm_->store().run(finished[i])->result().latency().median_ticks(), 100.0 + static_cast<double>(i));
  }
  EXPECT_EQ(farm_->store().run(lease->run_id)->result().latency().median_ticks(), 77);
  EXPECT_EQ(farm_->store().capture(lease->run_id)->bytes.size(), 2 * kMegabyte);
  EXPECT_EQ(farm_->store().job(queued)->outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(FullFileSystemTest, IntakeStopsWhileThereIsRoomForWhatIsUnderWay) {
  open({.disk = {8 * kMegabyte}});
  daemon::StorageKeeper keeper(farm_->store(), farm_->clock());
  farm_->add_model("kws", 'a');
  submit();
  submit();
  const auto lease = farm_->queue().take(kBoardA);
  ASSERT_TRUE(lease.has_value());
  EXPECT_FALSE(keeper.look_at_disk());

  fill(6 * kMegabyte);
  EXPECT_FALSE(keeper.look_at_disk());
  EXPECT_EQ(reason_of(farm_->store().intake()), "DISK_FULL");
  const auto refused = farm_->submit(QueueFarm::spec({"kws"}, {"t"}), "key");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(refused.status()), "DISK_FULL");
  EXPECT_FALSE(farm_->queue().take(kBoardB).has_value());
  EXPECT_TRUE(farm_->finish(*lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, 77)).ok()) << "it was under way";
  EXPECT_EQ(farm_->queue().unsaved_ends(), 0u);

  make_room();
  EXPECT_TRUE(keeper.look_at_disk()) << "boards are not told";
  EXPECT_FALSE(keeper.look_at_disk());
  EXPECT_TRUE(farm_->queue().take(kBoardB).has_value());
  EXPECT_TRUE(farm_->submit(QueueFarm::spec({"kws"}, {"t"}), "key").ok());
}

TEST_F(FullFileSystemTest, RecordingsMakeWayBeforeIntakeStops) {
  open({.spare_bytes = 0, .disk = {5 * kMegabyte}});
  farm_->add_model("kws", 'a');
  std::vector<std::string> runs;
  for (int i = 0; i < 40; ++i) {  // more than fits
    submit();
    farm_->store().look_at_disk();
    const auto lease = farm_->queue().take(kBoardA);
    ASSERT_TRUE(lease.has_value()) << i << ": " << farm_->store().intake();
    ASSERT_TRUE(farm_->finish(*lease, measured(100 + i, kMegabyte)).ok());
    runs.push_back(lease->run_id);
  }
  EXPECT_GT(free_bytes(), 5 * kMegabyte);
  EXPECT_GT(kept_recordings(), 2u);
  EXPECT_LT(kept_recordings(), 20u);
  EXPECT_TRUE(farm_->store().capture(runs.back()).ok()) << "the newest is kept";
  EXPECT_EQ(reason_of(farm_->store().capture(runs.front()).status()), "CAPTURE_REMOVED");
  for (const std::string& run : runs) EXPECT_TRUE(farm_->store().run(run)->has_result());

  // Somebody fills the disk: recordings go until there is room, and no more of them than that.
  const std::uint64_t before = kept_recordings();
  fill(7 * kMegabyte);
  while (true) {
    const auto step = wait_for_answer<store::RetentionStep>(
        [&](auto done) { farm_->store().retain(farm_->clock().now(), std::move(done)); });
    ASSERT_TRUE(step.ok()) << step.status();
    if (!step->more) break;
  }
  EXPECT_GT(free_bytes(), 7 * kMegabyte + kMegabyte / 2) << "their room goes back to the disk, less what the log took";
  EXPECT_LT(kept_recordings(), before);
  EXPECT_GT(kept_recordings(), 0u);
}

}  // namespace
}  // namespace tinyrig
