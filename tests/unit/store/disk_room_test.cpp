#include "server/store/disk_room.h"

#include <gtest/gtest.h>

#include <optional>

#include "server/base/error.h"

namespace tinyrig::store {
namespace {

TEST(DiskRoom, IntakeStopsBelowTheLimitAndSaysWhichAndWhatToDo) {
  EXPECT_TRUE(check_intake(500'000'000, {500'000'000}).ok());
  const absl::Status stopped = check_intake(312'000'000, {500'000'000});
  EXPECT_EQ(stopped.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(stopped), "DISK_FULL");
  EXPECT_EQ(stopped.message(),
            "the daemon's disk has 312 MB free, less than the 500 MB that are kept free (--keep-free)");
  EXPECT_FALSE(hint_of(stopped).empty());
  EXPECT_TRUE(check_intake(0, {0}).ok()) << "no limit";
  EXPECT_TRUE(check_intake(std::nullopt, {500}).ok()) << "a disk that cannot be asked";
}

TEST(DiskRoom, RecordingsMakeWayBeforeIntakeStops) {
  const DiskLimit limit{100};
  EXPECT_EQ(recordings_quota(1'000, 600, 0, 200, limit), 1'000u) << "twice the limit is free";
  EXPECT_EQ(recordings_quota(1'000, 600, 0, 150, limit), 550u) << "50 are lacking";
  EXPECT_EQ(recordings_quota(1'000, 600, 30, 150, limit), 580u) << "30 are free in the file";
  EXPECT_EQ(recordings_quota(0, 600, 0, 150, limit), 550u) << "without a quota as well";
  EXPECT_EQ(recordings_quota(400, 600, 0, 150, limit), 400u) << "never more than the quota";
  EXPECT_EQ(recordings_quota(1'000, 600, 0, std::nullopt, limit), 1'000u);
  EXPECT_EQ(recordings_quota(0, 600, 0, 0, {0}), 0u) << "no limit, no quota";
  // Nothing may stay; 0 would be no quota.
  EXPECT_EQ(recordings_quota(1'000, 100, 0, 50, limit), 1u);
  EXPECT_EQ(recordings_quota(0, 0, 0, 50, limit), 1u);
}

}  // namespace
}  // namespace tinyrig::store
