// A board's UART at a speed that the daemon does not expect: nothing of it is believed, nobody else is disturbed, and
// it comes back by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::AnyOf;

class LineSpeedTest : public ::testing::Test {
 protected:
  void start_daemon() {
    daemon_ = std::make_unique<Daemon>(folder_.path(), DaemonOptions{.farm_files = {emulator_.farm_file()}});
    daemon_->add_own_model("digits");
  }
  void set_speed(const std::string& board, const std::string& baud) {
    EXPECT_EQ(emulator_.control("speed " + board + " " + baud), "ok\n");
  }

  const ShortFolder folder_;
  const Emulator emulator_{folder_.path(), "host=2"};
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(LineSpeedTest, ARunGoesOnElsewhereAndTheBoardComesBack) {
  start_daemon();
  ASSERT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->log();
  ASSERT_TRUE(daemon_->wait_for_idle("host-2", within(seconds(60)))) << daemon_->log();
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(2);
  spec.mutable_settings()->set_iterations(30'000);
  spec.mutable_settings()->set_silence_timeout_ms(5'000);
  const std::string job_id = daemon_->api().submit(spec).job().job_id();
  ASSERT_TRUE(daemon_->api().watch_runs(job_id, within(seconds(60)), [](const v1::RunSummary& run) {
    return run.step() == "session 1 of 2: measuring";
  })) << daemon_->log();
  const std::string victim = daemon_->api().job(job_id).runs(0).board_id();
  set_speed(victim, "9600");

  const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(150)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
  const v1::Run run = daemon_->api().run(job.runs(0).run_id());
  ASSERT_EQ(run.attempts_size(), 2) << run.DebugString();
  EXPECT_EQ(run.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_NE(run.attempts(1).board_id(), victim);
  EXPECT_EQ(run.result().latency().count(), 60'000U) << "of the second attempt alone";

  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(120)), [&] {
    const v1::Board board = daemon_->api().board(victim);
    return board.activity() == v1::ACTIVITY_OFFLINE && !board.health_code().empty();
  })) << daemon_->api().board(victim).DebugString();
  EXPECT_THAT(daemon_->api().board(victim).health_code(), AnyOf("AGENT_SILENT", "LINK_TOO_NOISY"));
  set_speed(victim, "any");
  EXPECT_TRUE(daemon_->wait_for_idle(victim, within(seconds(120)))) << daemon_->api().board(victim).DebugString();
}

// The catalog lets the daemon raise the speed of host boards; this cable carries 115200 alone.
TEST_F(LineSpeedTest, ALineThatDoesNotCarryTheRaisedSpeedIsUsedAtTheSlowOne) {
  set_speed("host-1", "115200");
  start_daemon();
  EXPECT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->api().board("host-1").DebugString();
  const std::string job_id = daemon_->api().submit(quick_job("digits", "host-1")).job().job_id();
  const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(150)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
}

}  // namespace
}  // namespace tinyrig::test
