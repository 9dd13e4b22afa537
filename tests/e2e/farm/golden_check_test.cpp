// Function and performance: a board that computes wrongly or slowly gets no work, and everyone sees why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// A farm of a sound board, host-1, and one, suspect-1, that whoever serves its port stands for. Both agents
// are one program, so that they have the same build.
class GoldenCheckTest : public ::testing::Test {
 protected:
  GoldenCheckTest() : good_(folder_.path() / "good", "host", programs().faulty_agent, {"--fault=none"}) {
    std::ofstream(folder_.path() / "suspect.toml")
        << "[[board]]\nid = \"suspect-1\"\ntype = \"host\"\nport = \"" << (suspect_folder() / "run" / "host-1").string()
        << "\"\n"
        // A rung that fails must not hide what is wrong.
        << "power = { kind = \"command\", cycle = [\"/bin/false\"] }\n";
    daemon_.emplace(folder_.path(), DaemonOptions{.farm_files = {good_.farm_file(), folder_.path() / "suspect.toml"}});
    daemon_->add_own_model("digits");
    EXPECT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->log();
  }
  std::filesystem::path suspect_folder() const { return folder_.path() / "suspect"; }
  void plug_in_suspect(std::vector<std::string> arguments) {
    suspect_.reset();
    suspect_.emplace(suspect_folder(), "host", programs().faulty_agent, std::move(arguments));
  }
  v1::Board suspect() { return daemon_->api().board("suspect-1"); }
  bool wait_for_quarantine() {
    return wait_until(daemon_->process(), within(seconds(90)),
                      [&] { return suspect().health() == v1::HEALTH_QUARANTINED; });
  }
  // Quarantined, told to people, and the work goes to the sound board.
  void expect_refused(const std::string& code) {
    ASSERT_TRUE(wait_for_quarantine()) << suspect().DebugString() << daemon_->log();
    EXPECT_EQ(suspect().activity(), v1::ACTIVITY_OFFLINE);
    EXPECT_EQ(suspect().hold().owner(), "tinyrigd");
    EXPECT_TRUE(suspect().hold().has_expire_time());
    EXPECT_THAT(suspect().health_reason(),
                HasSubstr("it failed its check 3 times in a row, the last with " + code + ": the golden model"));
    EXPECT_THAT(suspect().health_reason(), HasSubstr(", expected "));
    EXPECT_THAT(daemon_->cli({"board", "log", "suspect-1"}).output,
                HasSubstr("power-cycle failed, POWER_SWITCH_REFUSED: power switch: /bin/false: exit 1"));
    EXPECT_THAT(daemon_->cli({"boards"}).output, HasSubstr("\nsuspect-1 is quarantined: "));
    for (int i = 0; i < 2; ++i) {
      const std::string job_id = daemon_->api().submit(quick_job("digits", "host")).job().job_id();
      const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(60)));
      EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
      EXPECT_EQ(job.runs(0).board_id(), "host-1");
    }
  }
  void expect_accepted_once_sound() {
    plug_in_suspect({"--fault=none"});
    EXPECT_EQ(daemon_->cli({"board", "release", "suspect-1"}).exit_code, 0);
    EXPECT_TRUE(daemon_->wait_for_idle("suspect-1", within(seconds(90)))) << daemon_->log();
    EXPECT_EQ(suspect().health_code(), "");
    EXPECT_THAT(suspect().health_reason(), HasSubstr("outputs and speed with the golden model (least of 10: "));
    EXPECT_THAT(daemon_->cli({"boards"}).output, Not(HasSubstr("suspect-1 is")));
  }

  const ShortFolder folder_;
  Emulator good_;
  std::optional<Emulator> suspect_;
  std::optional<Daemon> daemon_;
};

TEST_F(GoldenCheckTest, ABoardThatComputesWronglyIsRefused) {
  plug_in_suspect({"--fault=wrong"});
  expect_refused("GOLDEN_OUTPUT_WRONG");
  expect_accepted_once_sound();
}

TEST_F(GoldenCheckTest, ABoardThatComputesSlowlyIsRefused) {
  plug_in_suspect({"--fault=slow"});
  expect_refused("GOLDEN_LATENCY_WRONG");
  EXPECT_THAT(suspect().health_reason(), HasSubstr("as recorded from host-1"));
  expect_accepted_once_sound();
}

TEST_F(GoldenCheckTest, ABoardTooSmallForTheModelSaysSoAndWorks) {
  plug_in_suspect({"--fault=none", "--ram-bytes=1024"});
  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(90)), [&] {
    return suspect().activity() == v1::ACTIVITY_IDLE;
  })) << daemon_->log();
  EXPECT_EQ(suspect().health(), v1::HEALTH_DEGRADED);
  EXPECT_THAT(suspect().health_reason(), HasSubstr("function and speed are unproven: model 'digits' does not fit"));
  EXPECT_THAT(daemon_->cli({"boards"}).output, HasSubstr("\nsuspect-1 is degraded: agent answers"));
}

// A host agent's clock is the daemon's own: here it is held against it nevertheless, as that of a board with a crystal.
TEST(ClockCheck, AClockThatRunsTwoPercentSlowIsRefused) {
  const ShortFolder folder;
  const std::filesystem::path catalog = folder.path() / "catalog";
  std::filesystem::create_directory(catalog);
  {
    std::ifstream known(programs().catalog / "host.toml");
    std::ofstream changed(catalog / "host.toml");
    for (std::string line; std::getline(known, line);) {
      changed << line << "\n";
      if (line == "[timing]") changed << "checks_clock = true\n";
    }
  }
  std::optional<Emulator> emulator;
  const auto plug_in = [&](const std::string& slow_ppm) {
    emulator.reset();
    emulator.emplace(folder.path(), "host", programs().host_agent,
                     std::vector<std::string>{"--clock-slow-ppm=" + slow_ppm});
  };
  plug_in("20000");
  Daemon daemon(folder.path(), {.farm_files = {emulator->farm_file()}, .catalog = catalog});
  const auto board = [&] { return daemon.api().board("host-1"); };
  ASSERT_TRUE(wait_until(daemon.process(), within(seconds(120)), [&] {
    return board().health() == v1::HEALTH_QUARANTINED;
  })) << board().DebugString();
  EXPECT_THAT(board().health_reason(),
              ::testing::ContainsRegex("the last with CLOCK_WRONG: its clock runs [2-9][0-9.]* % slow: "));
  plug_in("3000");
  EXPECT_EQ(daemon.cli({"board", "release", "host-1"}).exit_code, 0);
  EXPECT_TRUE(daemon.wait_for_idle("host-1", within(seconds(120)))) << "0.3 % are no fault: " << daemon.log();
}

// An emulated board counts the same instructions each time: what it took is remembered over restarts, and a
// thousandth more or less is too much.
TEST(GoldenCheck, AnInstructionCountIsHeldAgainstTheRecordedOne) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "microbit");
  const DaemonOptions options{.farm_files = {emulator.farm_file()}, .with_firmware = true};
  const auto stop = [](Daemon& daemon) {
    daemon.process().signal(SIGTERM);
    EXPECT_EQ(daemon.process().wait(within(seconds(30))), 0) << daemon.log();
  };
  std::string first;
  {
    Daemon daemon(folder.path(), options);
    ASSERT_TRUE(daemon.wait_for_idle("emu-microbit-1", within(seconds(120)))) << daemon.log();
    first = daemon.api().board("emu-microbit-1").health_reason();
    EXPECT_THAT(first, HasSubstr(" instructions)"));
    stop(daemon);
  }
  {
    Daemon daemon(folder.path(), options);
    ASSERT_TRUE(daemon.wait_for_idle("emu-microbit-1", within(seconds(120)))) << daemon.log();
    EXPECT_EQ(daemon.api().board("emu-microbit-1").health_reason(), first) << "to the instruction";
    stop(daemon);
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((folder.path() / "data" / "tinyrig.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(database, "UPDATE golden_latencies SET ticks = ticks + ticks / 1000", nullptr, nullptr, nullptr),
      SQLITE_OK);
  EXPECT_EQ(sqlite3_changes(database), 1) << "recorded once";
  sqlite3_close(database);
  {
    Daemon daemon(folder.path(), options);
    const auto board = [&] { return daemon.api().board("emu-microbit-1"); };
    ASSERT_TRUE(wait_until(daemon.process(), within(seconds(120)),
                           [&] { return board().health_code() == "GOLDEN_LATENCY_WRONG"; }))
        << board().DebugString() << daemon.log();
    EXPECT_EQ(board().activity(), v1::ACTIVITY_OFFLINE);
    EXPECT_THAT(board().health_reason(), HasSubstr("--relearn microbit"));
    stop(daemon);
  }
  DaemonOptions relearn = options;
  relearn.more_arguments = {"--relearn", "microbit"};
  Daemon daemon(folder.path(), relearn);
  EXPECT_TRUE(daemon.wait_for_idle("emu-microbit-1", within(seconds(120)))) << daemon.log();
  EXPECT_EQ(daemon.api().board("emu-microbit-1").health_reason(), first);
}

TEST(GoldenCheck, RelearningWhatWasNeverLearntIsAMistake) {
  const ShortFolder folder;
  std::ofstream(folder.path() / "farm.toml") << "[[board]]\nid = \"b\"\ntype = \"host\"\nport = \"/nonexistent\"\n";
  const DaemonOptions options{.farm_files = {folder.path() / "farm.toml"}, .more_arguments = {"--relearn", "hots"}};
  const Ended ended = run_program(daemon_command(folder.path(), options), folder.path(), within(seconds(30)));
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.output, HasSubstr("--relearn hots: nothing is recorded of this board type; recorded are: none"));
}

}  // namespace
}  // namespace tinyrig::test
