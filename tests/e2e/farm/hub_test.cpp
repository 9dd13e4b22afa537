// A USB hub goes: fifty boards vanish at once, in the midst of their runs, the daemon is killed while they are away,
// and they come back. Every job finishes, each run once.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

constexpr int kBoards = 50;
constexpr int kJobs = 150;
constexpr std::uint32_t kSessions = 2, kIterations = 3'000;

v1::JobSpec spec_of(int job) {
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(kSessions);
  spec.mutable_settings()->set_iterations(kIterations);
  (*spec.mutable_annotations())["number"] = std::to_string(job);
  return spec;
}

int boards_that_are(Daemon& daemon, v1::Activity activity) {
  int count = 0;
  for (const v1::Board& board : daemon.api().boards("host")) count += board.activity() == activity ? 1 : 0;
  return count;
}

void all_boards(const Emulator& emulator, const std::string& verb) {
  for (int board = 1; board <= kBoards; ++board) {
    EXPECT_EQ(emulator.control(verb + " host-" + std::to_string(board)), "ok\n");
  }
}

TEST(Hub, FiftyBoardsVanishAndComeBack) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host=" + std::to_string(kBoards));
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  std::vector<std::string> jobs;
  for (int job = 0; job < kJobs; ++job) jobs.push_back(daemon.api().submit(spec_of(job)).job().job_id());
  ASSERT_TRUE(wait_until(daemon.process(), within(seconds(120)), [&] {
    return boards_that_are(daemon, v1::ACTIVITY_BUSY) >= kBoards / 2;
  })) << daemon.log();

  all_boards(emulator, "unplug");
  ASSERT_TRUE(wait_until(daemon.process(), within(seconds(120)), [&] {
    return boards_that_are(daemon, v1::ACTIVITY_OFFLINE) == kBoards;
  })) << daemon.log();
  daemon.kill();
  daemon.start();
  all_boards(emulator, "plug");

  std::map<std::string, int> seen;
  int cut_short = 0;
  for (const std::string& job_id : jobs) {
    const v1::Job job = daemon.api().finished_job(job_id, within(seconds(300)));
    ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
    ASSERT_EQ(job.runs_size(), 1);
    EXPECT_EQ(++seen[job.runs(0).run_id()], 1);
    const v1::Run run = daemon.api().run(job.runs(0).run_id());
    EXPECT_EQ(run.result().latency().count(), kSessions * kIterations);
    cut_short += run.attempts_size() - 1;
    for (int i = 0; i + 1 < run.attempts_size(); ++i) {
      EXPECT_EQ(run.attempts(i).outcome(), v1::OUTCOME_BOARD_ERROR) << run.DebugString();
    }
  }
  EXPECT_GE(cut_short, kBoards / 2) << "the hub went while they ran";
  for (const v1::Board& board : daemon.api().boards("host")) {
    EXPECT_NE(board.health(), v1::HEALTH_QUARANTINED) << board.DebugString();
  }
  std::printf("%d jobs, %d attempts cut short\n", kJobs, cut_short);
}

}  // namespace
}  // namespace tinyrig::test
