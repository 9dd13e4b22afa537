// Agents that pace their inferences make farms for scale tests: no number of theirs is taken for a measured one, and
// their boards are kept at work like any other.
#include <gtest/gtest.h>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

TEST(PacedAgent, ItsResultsAreNeverValidAndItsBoardIsNotDoubtedForThat) {
  const ShortFolder folder;
  const Emulator emulator(folder.path() / "farm", "host", programs().host_agent, {"--paced-us=2000"});
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  v1::JobSpec spec = quick_job("digits", "host");
  spec.add_measurements(v1::MEASUREMENT_LATENCY);
  std::vector<std::uint32_t> boots;
  for (int i = 0; i < 2; ++i) {
    const std::string job_id = daemon.api().submit(spec).job().job_id();
    const v1::Job job = daemon.api().finished_job(job_id, within(std::chrono::seconds(60)));
    ASSERT_EQ(job.runs_size(), 1);
    EXPECT_EQ(job.runs(0).outcome(), v1::OUTCOME_INCONCLUSIVE) << job.DebugString() << daemon.log();
    EXPECT_EQ(job.runs(0).reason(), "INFERENCE_PACED");
    const v1::Run run = daemon.api().run(job.runs(0).run_id());
    EXPECT_EQ(run.result().validity(), v1::VALIDITY_INVALID);
    EXPECT_GE(run.result().latency().median_ticks(), 2'000'000) << "nanoseconds: the stated length";
    boots.push_back(run.result().provenance().agent().boot_count());
  }
  EXPECT_EQ(daemon.api().leaderboard("digits").groups_size(), 0);
  const v1::Board board = daemon.api().board("host-1");
  EXPECT_EQ(board.health(), v1::HEALTH_GOOD) << board.health_reason();
  EXPECT_EQ(board.runs_failed(), 0U);
  // A check of the board would reset it once more.
  EXPECT_EQ(boots.at(1) - boots.at(0), spec.settings().sessions());
}

}  // namespace
}  // namespace tinyrig::test
