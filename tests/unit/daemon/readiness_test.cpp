#include "server/daemon/readiness.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::daemon {
namespace {

TEST(Readiness, NeedsItsFarmAndAStoreThatTakesWrites) {
  Readiness readiness;
  EXPECT_EQ(reason_of(readiness.status(0, absl::OkStatus())), "FARM_NOT_STARTED");
  readiness.farm_started();
  EXPECT_EQ(readiness.status(0, absl::OkStatus()), absl::OkStatus());

  const absl::Status full = make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "no room", "free some");
  readiness.on_commit(3, {}, full);
  EXPECT_EQ(reason_of(readiness.status(0, absl::OkStatus())), "DISK_FULL");
  EXPECT_EQ(hint_of(readiness.status(0, absl::OkStatus())), "free some");
  readiness.on_commit(1, {}, absl::OkStatus());
  EXPECT_EQ(readiness.status(0, absl::OkStatus()), absl::OkStatus());

  // Nothing is lost, but nothing new is taken in.
  EXPECT_EQ(reason_of(readiness.status(0, make_error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "too little"))),
            "DISK_FULL");
  EXPECT_EQ(reason_of(readiness.status(2, absl::OkStatus())), "RESULTS_WAIT");
  EXPECT_EQ(std::string(readiness.status(2, absl::OkStatus()).message()),
            "2 results wait in memory for room on the disk");

  readiness.ending();
  EXPECT_EQ(reason_of(readiness.status(0, absl::OkStatus())), "SERVER_STOPPING");
}

}  // namespace
}  // namespace tinyrig::daemon
