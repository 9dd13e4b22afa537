// A board taken out of the queue: by a person for a while, for maintenance, or because its runs keep failing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class BoardHoldsTest : public ::testing::Test {
 protected:
  void start(const std::string& boards) {
    emulator_.emplace(folder_.path(), boards);
    daemon_.emplace(folder_.path(), DaemonOptions{.farm_files = {emulator_->farm_file()}});
    daemon_->add_own_model("digits");
    ASSERT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->log();
  }
  v1::Board board() { return daemon_->api().board("host-1"); }
  Ended board_command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "board");
    return daemon_->cli(std::move(arguments));
  }
  std::string reserve(const std::string& duration) {
    const Ended reserved =
        board_command({"reserve", "host-1", "--for", duration, "--owner", "ann@lab", "--reason", "soldering"});
    EXPECT_EQ(reserved.exit_code, 0) << reserved.output;
    EXPECT_THAT(reserved.output, HasSubstr("host-1 is reserved by ann@lab since "));
    const std::size_t token = reserved.output.find("token ");
    return token == std::string::npos ? "" : reserved.output.substr(token + 6, 32);
  }
  std::string submit(const std::string& to) { return daemon_->api().submit(quick_job("digits", to)).job().job_id(); }
  void expect_success_on(const std::string& board_id, const std::string& job_id) {
    const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(60)));
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
    EXPECT_EQ(job.runs(0).board_id(), board_id);
  }

  const ShortFolder folder_;
  std::optional<Emulator> emulator_;
  std::optional<Daemon> daemon_;
};

TEST_F(BoardHoldsTest, AReservedBoardGetsNoRunsUntilItIsReleased) {
  start("host=2");
  const std::string token = reserve("1h");
  ASSERT_EQ(token.size(), 32U);
  EXPECT_EQ(board().activity(), v1::ACTIVITY_LEASED);
  EXPECT_THAT(board().health_reason(), HasSubstr("reserved by ann@lab until "));

  const std::string pinned = submit("host-1");
  for (int i = 0; i < 3; ++i) expect_success_on("host-2", submit("host"));
  EXPECT_EQ(daemon_->api().job(pinned).runs(0).state(), v1::RUN_STATE_QUEUED);

  daemon_->kill();
  daemon_->start();
  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(60)), [&] {
    return board().activity() == v1::ACTIVITY_LEASED;
  })) << board().DebugString();
  EXPECT_EQ(daemon_->api().job(pinned).runs(0).state(), v1::RUN_STATE_QUEUED);

  const Ended second = board_command({"reserve", "host-1", "--for", "5m"});
  EXPECT_EQ(second.exit_code, 3);
  EXPECT_THAT(second.output, HasSubstr("board 'host-1' is reserved by ann@lab until "));
  const Ended stolen = board_command({"release", "host-1", "--token", "0123"});
  EXPECT_EQ(stolen.exit_code, 3);
  EXPECT_THAT(stolen.output, HasSubstr("[RESERVATION_NOT_YOURS]"));
  EXPECT_EQ(board_command({"reserve", "host-1", "--for", "2h", "--token", token}).exit_code, 0) << "renewed";

  EXPECT_EQ(board_command({"release", "host-1", "--token", token, "--owner", "ann@lab"}).exit_code, 0);
  expect_success_on("host-1", pinned);
  EXPECT_FALSE(board().has_hold());
  EXPECT_EQ(board().health(), v1::HEALTH_GOOD) << "checked since";
  const std::string log = board_command({"log", "host-1"}).output;
  EXPECT_THAT(log, HasSubstr("info     reserved by ann@lab until "));
  EXPECT_THAT(log, HasSubstr("info     released by ann@lab; was reserved by ann@lab until "));
  EXPECT_THAT(log, HasSubstr("health unknown -> good"));
}

TEST_F(BoardHoldsTest, AReservationEndsByItself) {
  start("host");
  ASSERT_EQ(reserve("2s").size(), 32U);
  EXPECT_EQ(board().activity(), v1::ACTIVITY_LEASED);
  expect_success_on("host-1", submit("host"));
  EXPECT_THAT(board_command({"log", "host-1"}).output, HasSubstr("no longer reserved by ann@lab until "));
}

TEST_F(BoardHoldsTest, DrainingLetsTheRunEnd) {
  start("host");
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(30'000);
  const std::string job_id = daemon_->api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon_->api().watch_runs(
      job_id, within(seconds(60)), [](const v1::RunSummary& run) { return run.state() == v1::RUN_STATE_MEASURING; }));
  const Ended drained = board_command({"drain", "host-1", "--owner", "ann@lab"});
  EXPECT_EQ(drained.exit_code, 0) << drained.output;
  EXPECT_THAT(drained.output, HasSubstr("waiting for run " + daemon_->api().job(job_id).runs(0).run_id()));
  expect_success_on("host-1", job_id);
  EXPECT_EQ(board().health(), v1::HEALTH_MAINTENANCE);
  EXPECT_EQ(board().activity(), v1::ACTIVITY_OFFLINE);
  EXPECT_THAT(board_command({"show", "host-1"}).output, HasSubstr("held        maintenance by ann@lab since "));
  EXPECT_EQ(board_command({"release", "host-1"}).exit_code, 0);
  EXPECT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60))));
}

TEST_F(BoardHoldsTest, FiveFailedRunsInARowAreQuarantine) {
  start("host");
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(30'000);
  const auto reset_each_attempt_of = [&](const std::string& job_id, std::uint32_t attempts) {
    std::set<std::uint32_t> failed;
    return daemon_->api().watch_runs(job_id, within(seconds(150)), [&](const v1::RunSummary& run) {
      if (run.step() == "session 1 of 2: measuring" && failed.insert(run.attempts()).second) {
        EXPECT_EQ(emulator_->control("reset host-1"), "ok\n");
      }
      return failed.size() == attempts &&
             (run.state() == v1::RUN_STATE_QUEUED || run.state() == v1::RUN_STATE_FINISHED);
    });
  };
  ASSERT_TRUE(reset_each_attempt_of(daemon_->api().submit(spec).job().job_id(), 3)) << daemon_->log();
  EXPECT_FALSE(board().has_hold()) << "three are one run's bad luck";
  const std::string second = daemon_->api().submit(spec).job().job_id();
  ASSERT_TRUE(reset_each_attempt_of(second, 2)) << daemon_->log();
  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(60)), [&] {
    return board().health() == v1::HEALTH_QUARANTINED;
  })) << board().DebugString();
  EXPECT_THAT(board().health_reason(), HasSubstr("quarantined by tinyrigd until "));
  EXPECT_THAT(board().health_reason(), HasSubstr(": 5 runs in a row failed on it, the last with "));
  EXPECT_EQ(daemon_->api().job(second).runs(0).state(), v1::RUN_STATE_QUEUED) << "waits, and is not lost";
  EXPECT_EQ(board_command({"release", "host-1"}).exit_code, 0);
  expect_success_on("host-1", second);
}

TEST_F(BoardHoldsTest, WrongUseIsNamed) {
  start("host");
  EXPECT_EQ(board_command({"reserve", "host-1"}).exit_code, 2) << "without --for";
  EXPECT_EQ(board_command({"reserve", "host-1", "--for", "soon"}).exit_code, 2);
  const Ended too_long = board_command({"reserve", "host-1", "--for", "31d"});
  EXPECT_EQ(too_long.exit_code, 3);
  EXPECT_THAT(too_long.output, HasSubstr("[HOLD_DURATION_INVALID]"));
  for (const char* command : {"show", "log", "drain", "release"}) {
    const Ended unknown = board_command({command, "nonsense"});
    EXPECT_EQ(unknown.exit_code, 3) << command;
    EXPECT_THAT(unknown.output, HasSubstr("[BOARD_UNKNOWN]"));
  }
  EXPECT_THAT(board_command({"release", "host-1"}).output, HasSubstr("[BOARD_NOT_HELD]"));
}

}  // namespace
}  // namespace tinyrig::test
