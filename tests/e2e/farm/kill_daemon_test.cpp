// kill -9 of the daemon at random moments, under load: every acknowledged job finishes, each run once.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kKills = 15;
constexpr std::uint32_t kSessions = 4, kIterations = 500;

v1::JobSpec spec_of(int job) {
  v1::JobSpec spec = quick_job("digits", job % 3 == 0 ? "host-1" : "host");
  spec.mutable_settings()->set_sessions(kSessions);
  spec.mutable_settings()->set_iterations(kIterations);
  (*spec.mutable_annotations())["number"] = std::to_string(job);
  return spec;
}

std::string key_of(int job) { return "kill-test-" + std::to_string(job); }

// Every attempt but the last was cut short, by the daemon's end or by what that did to the board.
void expect_one_result(Daemon& daemon, const v1::RunSummary& summary, int* restarts) {
  const v1::ExportRunResponse exported = daemon.api().export_run(summary.run_id());
  const v1::Run& run = exported.run();
  EXPECT_EQ(run.summary().outcome(), v1::OUTCOME_SUCCEEDED) << run.DebugString();
  EXPECT_EQ(run.result().latency().count(), kSessions * kIterations);
  ASSERT_EQ(exported.samples_size(), static_cast<int>(kSessions)) << "one result, not two";
  for (const v1::SessionSamples& session : exported.samples()) {
    EXPECT_EQ(session.latency_ticks_size(), static_cast<int>(kIterations));
  }
  ASSERT_GT(run.attempts_size(), 0);
  for (int i = 0; i < run.attempts_size(); ++i) {
    EXPECT_EQ(run.attempts(i).number(), static_cast<std::uint32_t>(i + 1));
    const bool last = i + 1 == run.attempts_size();
    EXPECT_EQ(run.attempts(i).outcome() == v1::OUTCOME_SUCCEEDED, last) << run.DebugString();
    *restarts += run.attempts(i).reason() == "DAEMON_RESTARTED" ? 1 : 0;
  }
}

TEST(KillDaemonTest, NoAcceptedJobIsLostAndNoneRunsTwice) {
  const std::uint32_t seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host=3");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");

  std::map<int, std::string> acknowledged;
  for (int kill = 0; kill < kKills; ++kill) {
    for (int job = kill * 2; job < kill * 2 + 2; ++job) {
      v1::SubmitJobResponse answer;
      ASSERT_TRUE(daemon.api().try_submit(spec_of(job), key_of(job), &answer).ok());
      acknowledged[job] = answer.job().job_id();
    }
    const Deadline moment = within(milliseconds(random() % 1500));
    ASSERT_FALSE(daemon.process().wait(moment).has_value()) << daemon.log();
    daemon.kill();
    daemon.start();
  }

  int restarts = 0;
  std::map<std::string, int> seen;
  for (const auto& [number, job_id] : acknowledged) {
    const v1::SubmitJobResponse again = daemon.api().submit(spec_of(number), key_of(number));
    EXPECT_TRUE(again.already_submitted());
    EXPECT_EQ(again.job().job_id(), job_id);
    const v1::Job job = daemon.api().finished_job(job_id, within(seconds(120)));
    EXPECT_EQ(job.state(), v1::RUN_STATE_FINISHED) << job.DebugString();
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString();
    ASSERT_EQ(job.runs_size(), 1);
    EXPECT_EQ(++seen[job.runs(0).run_id()], 1);
    expect_one_result(daemon, job.runs(0), &restarts);
  }
  EXPECT_GT(restarts, 0) << "no kill hit a run: the test shows nothing";
  std::printf("%zu jobs, %d attempts cut short by %d kills\n", acknowledged.size(), restarts, kKills);
  if (HasFailure()) std::printf("%s", daemon.log().c_str());
}

}  // namespace
}  // namespace tinyrig::test
