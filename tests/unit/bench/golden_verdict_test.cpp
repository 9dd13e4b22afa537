// A board that computes wrongly, is disturbed or keeps another time is refused with what was expected and seen.
#include "server/bench/golden_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::bench {
namespace {

using ::testing::HasSubstr;

v1::BoardType type_of(v1::TimingSource source, v1::TickUnit unit) {
  v1::BoardType type;
  type.set_id("t");
  type.set_timing_source(source);
  type.set_tick_unit(unit);
  return type;
}
const v1::BoardType kEmulated = type_of(v1::TIMING_SOURCE_INSTRUCTION_COUNT, v1::TICK_UNIT_INSTRUCTIONS);
const v1::BoardType kSilicon = type_of(v1::TIMING_SOURCE_HARDWARE_CLOCK, v1::TICK_UNIT_CYCLES);
const v1::BoardType kHost = type_of(v1::TIMING_SOURCE_HOST_CLOCK, v1::TICK_UNIT_NANOSECONDS);

store::GoldenLatency recorded(std::uint64_t ticks) {
  return {"t", "build", std::string(64, 'a'), ticks, "t-1", absl::FromUnixSeconds(1'700'000'000)};
}

TEST(JudgeLatency, InstructionCountsAreExactButForRounding) {
  EXPECT_TRUE(judge_latency(1'000'000, recorded(1'000'000), kEmulated).ok());
  EXPECT_TRUE(judge_latency(1'000'099, recorded(1'000'000), kEmulated).ok());
  EXPECT_FALSE(judge_latency(1'000'101, recorded(1'000'000), kEmulated).ok());
  EXPECT_TRUE(judge_latency(1'000'000, recorded(1'000'099), kEmulated).ok());
  EXPECT_FALSE(judge_latency(1'000'000, recorded(1'000'101), kEmulated).ok()) << "too fast is wrong too";
}

TEST(JudgeLatency, ClocksHaveTheirTolerance) {
  EXPECT_TRUE(judge_latency(102'000, recorded(100'000), kSilicon).ok());
  EXPECT_FALSE(judge_latency(102'001, recorded(100'000), kSilicon).ok());
  EXPECT_FALSE(judge_latency(100'000, recorded(102'001), kSilicon).ok());
  EXPECT_TRUE(judge_latency(400'000, recorded(100'000), kHost).ok());
  EXPECT_FALSE(judge_latency(400'001, recorded(100'000), kHost).ok());
}

TEST(JudgeLatency, SaysWhatWasExpectedAndSeen) {
  const absl::Status refused = judge_latency(1'002'000, recorded(1'000'000), kEmulated);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reason_of(refused), "GOLDEN_LATENCY_WRONG");
  EXPECT_EQ(refused.message(),
            "the golden model took 1002000 instructions, expected 1000000 within 0.01 %, as recorded from t-1 on "
            "2023-11-14 22:13Z");
  EXPECT_THAT(hint_of(refused), HasSubstr("--relearn t"));
}

class JudgeRun : public ::testing::Test {
 protected:
  JudgeRun() {
    expected_.set_seed(1);
    expected_.set_output_fnv1a32(0x2e252516);
    recording_.verification.set_output_fnv1a32(0x2e252516);
    recording_.verification.set_first_wrong_operator(-1);
    recording_.sessions.push_back({.latency_ticks = {7, 7}, .interrupts = 0, .output_fnv1a32 = 0x2e252516});
    model_.operators.resize(3);
    model_.operators[2].kind = "SOFTMAX";
  }
  absl::Status judge() const { return judge_run(recording_, expected_, model_); }

  v1::ExpectedOutput expected_;
  RunRecording recording_;
  model::PackedModel model_;
};

TEST_F(JudgeRun, RightIsRight) { EXPECT_TRUE(judge().ok()) << judge(); }

TEST_F(JudgeRun, AnotherOutputIsRefusedWithTheOperator) {
  recording_.verification.set_output_fnv1a32(0x00000abc);
  recording_.verification.set_first_wrong_operator(2);
  EXPECT_EQ(reason_of(judge()), "GOLDEN_OUTPUT_WRONG");
  EXPECT_EQ(judge().message(),
            "the golden model's output for input seed 1 has the hash 00000abc, expected 2e252516, the portable "
            "kernels'; the first wrong operator is #2 SOFTMAX");
}

TEST_F(JudgeRun, AnotherOutputAfterTheResetIsRefused) {
  recording_.sessions.front().output_fnv1a32 = 1;
  EXPECT_EQ(reason_of(judge()), "GOLDEN_OUTPUT_WRONG");
}

TEST_F(JudgeRun, InterruptsAndAStandingCounterAreRefused) {
  recording_.sessions.front().interrupts = 2;
  EXPECT_EQ(reason_of(judge()), "GOLDEN_RUN_DISTURBED");
  recording_.sessions.front() = {.latency_ticks = {7, 0}, .interrupts = 0, .output_fnv1a32 = 0x2e252516};
  EXPECT_EQ(reason_of(judge()), "GOLDEN_LATENCY_WRONG");
}

}  // namespace
}  // namespace tinyrig::bench
