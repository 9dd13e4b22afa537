// A board that fails in the middle of a run: the run goes to another unit and succeeds, the board comes back.
// With one unit only, it ends as the board's error, never the user's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr std::uint32_t kSessions = 2, kIterations = 30'000;

// Few sessions, and long ones: a fault hits a measurement, not the reset between two.
v1::JobSpec long_job() {
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(kSessions);
  spec.mutable_settings()->set_iterations(kIterations);
  spec.mutable_settings()->set_silence_timeout_ms(5000);
  return spec;
}

bool measures(const v1::RunSummary& run) { return run.step() == "session 1 of 2: measuring"; }

struct Fault {
  const char* name;
  void (*inject)(const Emulator& emulator, const std::string& board);
  void (*repair)(const Emulator& emulator, const std::string& board);
};

void nothing(const Emulator&, const std::string&) {}

void control(const Emulator& emulator, const std::string& request) {
  const std::string answer = emulator.control(request);
  EXPECT_EQ(answer, "ok\n") << request;
}

const Fault kFaults[] = {
    {"reset", [](const Emulator& emulator, const std::string& board) { control(emulator, "reset " + board); }, nothing},
    {"unplugged", [](const Emulator& emulator, const std::string& board) { control(emulator, "unplug " + board); },
     [](const Emulator& emulator, const std::string& board) { control(emulator, "plug " + board); }},
    {"crash", [](const Emulator& emulator, const std::string& board) { control(emulator, "crash " + board); }, nothing},
    {"hang", [](const Emulator& emulator, const std::string& board) { ::kill(emulator.board_pid(board), SIGSTOP); },
     nothing},
};

class MidRunFaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(MidRunFaultTest, TheRunSucceedsOnAnotherUnit) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host=2");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(seconds(30)))) << daemon.log();
  ASSERT_TRUE(daemon.wait_for_idle("host-2", within(seconds(30)))) << daemon.log();

  const std::string job_id = daemon.api().submit(long_job()).job().job_id();
  ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(60)), measures)) << daemon.log();
  const std::string victim = daemon.api().job(job_id).runs(0).board_id();
  GetParam().inject(emulator, victim);

  // Others are served meanwhile.
  const std::string other = daemon.api().submit(quick_job("digits", "host")).job().job_id();
  EXPECT_EQ(daemon.api().finished_job(other, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED) << daemon.log();

  // A fault that hits the warm-up, whose length nobody announces, is seen after a minute.
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(150)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::ExportRunResponse exported = daemon.api().export_run(job.runs(0).run_id());
  const v1::Run& run = exported.run();
  ASSERT_EQ(run.attempts_size(), 2) << run.DebugString();
  EXPECT_EQ(run.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run.attempts(0).board_id(), victim);
  EXPECT_FALSE(run.attempts(0).reason().empty());
  EXPECT_FALSE(run.attempts(0).message().empty());
  EXPECT_EQ(run.attempts(1).outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_NE(run.attempts(1).board_id(), victim);
  EXPECT_EQ(run.result().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(run.result().latency().count(), kSessions * kIterations) << "of the second attempt alone";
  EXPECT_EQ(exported.samples_size(), static_cast<int>(kSessions));

  GetParam().repair(emulator, victim);
  EXPECT_TRUE(daemon.wait_for_idle(victim, within(seconds(60))))
      << daemon.api().board(victim).DebugString() << daemon.log();
  const std::string next = daemon.api().submit(quick_job("digits", victim)).job().job_id();
  EXPECT_EQ(daemon.api().finished_job(next, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED) << daemon.log();
}

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

INSTANTIATE_TEST_SUITE_P(Faults, MidRunFaultTest, ::testing::ValuesIn(kFaults),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(MidRunFault, TheOnlyUnitGetsThreeAttemptsThenItIsTheBoardsError) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(long_job()).job().job_id();
  std::set<std::uint32_t> failed;
  daemon.api().watch_runs(job_id, within(seconds(150)), [&](const v1::RunSummary& run) {
    if (measures(run) && failed.insert(run.attempts()).second) control(emulator, "reset host-1");
    return run.state() == v1::RUN_STATE_FINISHED;
  });
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(30)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_BOARD_ERROR) << job.DebugString() << daemon.log();
  const v1::Run run = daemon.api().run(job.runs(0).run_id());
  ASSERT_EQ(run.attempts_size(), 3);
  for (const v1::Attempt& attempt : run.attempts()) {
    EXPECT_EQ(attempt.outcome(), v1::OUTCOME_BOARD_ERROR);
    EXPECT_EQ(attempt.board_id(), "host-1");
    EXPECT_FALSE(attempt.reason().empty());
  }
  EXPECT_EQ(run.summary().reason(), run.attempts(2).reason());
  EXPECT_THAT(run.summary().message(), HasSubstr("3 attempts failed, on host-1, host-1, host-1"));
  EXPECT_FALSE(run.has_result());

  const Ended shown = daemon.cli({"run", "show", run.summary().run_id()});
  EXPECT_THAT(shown.output, HasSubstr(run.summary().reason()));
  const std::string next = daemon.api().submit(quick_job("digits", "host")).job().job_id();
  EXPECT_EQ(daemon.api().finished_job(next, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED) << daemon.log();
}

}  // namespace
}  // namespace tinyrig::test
