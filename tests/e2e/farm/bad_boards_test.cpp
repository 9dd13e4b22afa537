// Boards that never answer, answer noise, or boot for ever, cost nobody a job: the others go on, and people see why.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

// A farm file of one more board of type host, without power switch: nothing can bring it back.
std::filesystem::path farm_file_for(const std::filesystem::path& folder, const std::string& id,
                                    const std::filesystem::path& port) {
  const std::filesystem::path file = folder / (id + ".toml");
  std::ofstream(file) << "[[board]]\nid = \"" << id << "\"\ntype = \"host\"\nport = \"" << port.string() << "\"\n";
  return file;
}

class BadBoardTest : public ::testing::TestWithParam<const char*> {
 protected:
  BadBoardTest()
      : good_(folder_.path() / "good", "host"),
        bad_(folder_.path() / "bad", "host", programs().bad_agent, {std::string("--mode=") + GetParam()}),
        daemon_(folder_.path(), {.farm_files = {good_.farm_file(), farm_file_for(folder_.path(), "bad-1",
                                                                                 bad_.run_folder() / "host-1")}}) {}

  const ShortFolder folder_;
  Emulator good_, bad_;
  Daemon daemon_;
};

TEST_P(BadBoardTest, IsSeenAsOfflineAndHoldsUpNobody) {
  daemon_.add_own_model("digits");
  // Pinned to the board that cannot: waits for it, in nobody's way.
  const std::string pinned = daemon_.api().submit(quick_job("digits", "bad-1")).job().job_id();
  for (int i = 0; i < 3; ++i) {
    const std::string job_id = daemon_.api().submit(quick_job("digits", "host")).job().job_id();
    const v1::Job job = daemon_.api().finished_job(job_id, within(std::chrono::seconds(60)));
    ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_.log();
    EXPECT_EQ(job.runs(0).board_id(), "host-1");
    EXPECT_EQ(job.runs(0).attempts(), 1U);
  }

  EXPECT_TRUE(wait_until(daemon_.process(), within(std::chrono::seconds(60)), [&] {
    const v1::Board board = daemon_.api().board("bad-1");
    return board.activity() == v1::ACTIVITY_OFFLINE && board.health_reason() != "not checked yet";
  }));
  const v1::Board board = daemon_.api().board("bad-1");
  EXPECT_EQ(board.health(), v1::HEALTH_UNKNOWN);
  EXPECT_FALSE(board.health_reason().empty());

  EXPECT_EQ(daemon_.api().job(pinned).runs(0).state(), v1::RUN_STATE_QUEUED);
  const Ended cancelled = daemon_.cli({"job", "cancel", pinned});
  EXPECT_EQ(cancelled.exit_code, 0) << cancelled.output;
  EXPECT_EQ(daemon_.api().finished_job(pinned, within(std::chrono::seconds(20))).outcome(), v1::OUTCOME_CANCELLED);
}

INSTANTIATE_TEST_SUITE_P(Agents, BadBoardTest, ::testing::Values("silent", "garbage", "reset-loop"),
                         [](const auto& tested) {
                           const std::string mode = tested.param;
                           return mode == "reset-loop" ? "reset_loop" : mode;
                         });

}  // namespace
}  // namespace tinyrig::test
