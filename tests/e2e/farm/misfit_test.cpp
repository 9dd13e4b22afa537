// A model too large for a board is refused as the user's error, before the board is touched, with the bytes missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using ::testing::HasSubstr;

TEST(Misfit, TheMicrobitSaysHowManyBytesAreMissing) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "microbit");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  daemon.add_own_model("vibration");

  const Ended refused = daemon.cli({"submit", "vibration", "--board", "microbit", "--wait"});
  EXPECT_EQ(refused.exit_code, 1) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("bytes of RAM for models"));

  v1::JobSpec spec = quick_job("vibration", "microbit");
  spec.set_fit_policy(v1::FIT_POLICY_FAIL);
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  const v1::Job job = daemon.api().finished_job(job_id, within(std::chrono::seconds(60)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_USER_ERROR);
  ASSERT_EQ(job.runs_size(), 1);
  EXPECT_EQ(job.runs(0).reason(), "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(job.runs(0).attempts(), 0U) << "no board was troubled";

  // "need N bytes more than the R bytes of RAM for models": the arena cannot be less than its lower bound.
  const std::string message = job.runs(0).message();
  const std::size_t need = message.find(" need ");
  const std::size_t than = message.find(" more than the ");
  ASSERT_NE(need, std::string::npos) << message;
  ASSERT_NE(than, std::string::npos) << message;
  const unsigned long missing = std::stoul(message.substr(need + 6));
  const unsigned long ram = std::stoul(message.substr(than + 15));
  EXPECT_GE(missing + ram, daemon.api().model("vibration").arena_lower_bound_bytes());
}

}  // namespace
}  // namespace tinyrig::test
