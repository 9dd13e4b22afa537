// Firmware that faults in the middle of a run: what it left behind is kept with the run, which succeeds in the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/farm/probe.h"
#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

struct Crashing {
  const char* board_type;
  // Of GDB's protocol: puts 0xF0000000, where no code is, into the program counter.
  const char* jump_nowhere;
  const char* cause;
};

void PrintTo(const Crashing& crashing, std::ostream* out) { *out << crashing.board_type; }

class CrashTest : public ::testing::TestWithParam<Crashing> {};

TEST_P(CrashTest, IsKeptWithTheRun) {
  const ShortFolder folder;
  const Emulator emulator(folder.path(), GetParam().board_type);
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  daemon.add_own_model("digits");
  v1::JobSpec spec = quick_job("digits", GetParam().board_type);
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(3'000);
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon.api().watch_runs(job_id, within(seconds(90)), [](const v1::RunSummary& run) {
    return run.step() == "session 1 of 2: measuring";
  })) << daemon.log();
  const absl::Status crashed = while_halted(
      probe_of(emulator.farm_file()), [](flash::RspClient& client) { return demand(client, GetParam().jump_nowhere); });
  ASSERT_TRUE(crashed.ok()) << crashed;

  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(150)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::Run measured = daemon.api().run(job.runs(0).run_id());
  ASSERT_EQ(measured.attempts_size(), 2) << measured.DebugString();
  EXPECT_EQ(measured.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_THAT(measured.attempts(0).message(), HasSubstr("its firmware crashed: " + std::string(GetParam().cause)));
  EXPECT_THAT(measured.attempts(0).message(), HasSubstr(" at 0xf0000000"));
  EXPECT_THAT(daemon.cli({"board", "log", measured.attempts(0).board_id()}).output,
              HasSubstr("its firmware crashed: "));
  EXPECT_THAT(measured.attempts(1).message(), ::testing::Not(HasSubstr("crashed"))) << "told once";
}

INSTANTIATE_TEST_SUITE_P(Cores, CrashTest,
                         ::testing::Values(Crashing{"mps2-an386", "Pf=000000f0", "HardFault"},
                                           Crashing{"mps3-an547", "Pf=000000f0", "HardFault"},
                                           Crashing{"rv32-virt", "P20=000000f0", "instruction access fault"}),
                         [](const auto& tested) {
                           std::string name = tested.param.board_type;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tinyrig::test
