// The daemon's wall clock jumps, forwards and back, in the middle of everything: no run is lost, doubled or given up,
// boards stay good, and times that were promised are kept as lengths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kDays = 86'400;

class ClockJumpTest : public ::testing::Test {
 protected:
  ClockJumpTest() {
    set_ahead(0);
    daemon_ = std::make_unique<Daemon>(folder_.path(),
                                       DaemonOptions{.farm_files = {emulator_.farm_file()},
                                                     .variables = {"LD_PRELOAD=" + programs().jumping_clock,
                                                                   "TINYRIG_CLOCK_OFFSET=" + offset_file().string()}});
    daemon_->add_own_model("digits");
  }

  std::filesystem::path offset_file() const { return folder_.path() / "ahead"; }
  void set_ahead(std::int64_t ahead_s) {
    std::fstream file(offset_file(), std::ios::binary | std::ios::in | std::ios::out);
    if (!file.is_open()) file.open(offset_file(), std::ios::binary | std::ios::out);
    file.write(reinterpret_cast<const char*>(&ahead_s), sizeof ahead_s);
  }

  // Of a long run that is being measured while the clock jumps to `ahead_s`.
  v1::Run run_over_a_jump(std::int64_t ahead_s) {
    v1::JobSpec spec = quick_job("digits", "host");
    spec.mutable_settings()->set_sessions(2);
    spec.mutable_settings()->set_iterations(30'000);
    const std::string job_id = daemon_->api().submit(spec).job().job_id();
    EXPECT_TRUE(daemon_->api().watch_runs(job_id, within(seconds(60)), [](const v1::RunSummary& run) {
      return run.step() == "session 1 of 2: measuring";
    })) << daemon_->log();
    set_ahead(ahead_s);
    const v1::Job job = daemon_->api().finished_job(job_id, within(seconds(120)));
    EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_->log();
    EXPECT_EQ(job.runs_size(), 1);
    return daemon_->api().run(job.runs(0).run_id());
  }

  const ShortFolder folder_;
  const Emulator emulator_{folder_.path(), "host=2"};
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(ClockJumpTest, NoRunIsGivenUpOrMeasuredTwice) {
  for (const std::int64_t ahead_s : {400 * kDays, -400 * kDays, std::int64_t{0}}) {
    const v1::Run run = run_over_a_jump(ahead_s);
    EXPECT_EQ(run.attempts_size(), 1) << "ahead by " << ahead_s << " s: " << run.DebugString();
    EXPECT_EQ(run.result().validity(), v1::VALIDITY_VALID) << run.DebugString();
    EXPECT_EQ(run.result().latency().count(), 60'000U);
  }
  for (const v1::Board& board : daemon_->api().boards("host")) {
    EXPECT_EQ(board.health(), v1::HEALTH_GOOD) << board.DebugString();
    EXPECT_EQ(board.runs_failed(), 0U);
  }
}

TEST_F(ClockJumpTest, AReservationLastsAsLongAsItWasMeantTo) {
  const Ended reserved = daemon_->cli({"board", "reserve", "host-1", "--for", "1h", "--reason", "soldering"});
  ASSERT_EQ(reserved.exit_code, 0) << reserved.output;
  set_ahead(-400 * kDays);
  ASSERT_TRUE(wait_until(daemon_->process(), within(seconds(30)), [&] {
    return daemon_->cli({"board", "log", "host-1"}).output.find("the clock went back: reserved") != std::string::npos;
  })) << daemon_->log();
  const v1::Hold hold = daemon_->api().board("host-1").hold();
  EXPECT_EQ(hold.expire_time().seconds() - hold.begin_time().seconds(), 3'600) << hold.DebugString();
  set_ahead(-400 * kDays + 3'700);
  EXPECT_TRUE(daemon_->wait_for_idle("host-1", within(seconds(60)))) << daemon_->api().board("host-1").DebugString();
}

TEST_F(ClockJumpTest, ARestartAtAnotherTimeFinishesWhatWasAccepted) {
  const v1::JobSpec spec = quick_job("digits", "host");
  const std::string job_id = daemon_->api().submit(spec, "once").job().job_id();
  daemon_->kill();
  set_ahead(-30 * kDays);
  daemon_->start();
  EXPECT_EQ(daemon_->api().finished_job(job_id, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(daemon_->api().submit(spec, "once").job().job_id(), job_id) << "known again, whenever it was";
}

}  // namespace
}  // namespace tinyrig::test
