#include "tests/e2e/farm/result_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tinyrig::test {
namespace {

void expect_trusted(const v1::RunResult& result) {
  EXPECT_EQ(result.validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(result.invalid_reasons_size(), 0) << result.ShortDebugString();
  const v1::Verification& check = result.verification();
  EXPECT_EQ(check.against(), v1::Verification::AGAINST_EXPECTED);
  EXPECT_EQ(check.inputs_checked(), 8U);
  EXPECT_EQ(check.inputs_matched(), 8U);
  EXPECT_EQ(check.first_wrong_operator(), -1);

  const v1::RunProvenance& from = result.provenance();
  EXPECT_EQ(from.timing_source(), v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  EXPECT_EQ(from.tick_unit(), v1::TICK_UNIT_INSTRUCTIONS);
  EXPECT_EQ(from.ticks_per_second(), 0U);
  EXPECT_TRUE(from.emulated());
  EXPECT_TRUE(from.board_type().emulated());
  EXPECT_NEAR(from.calibration_ratio(), 1.0, 0.001);
  EXPECT_EQ(from.model_sha256().size(), 64U);
  EXPECT_EQ(from.packed_sha256().size(), 64U);
  EXPECT_EQ(from.agent().unit_id().size(), 24U);  // 12 bytes
  EXPECT_FALSE(from.agent().build_id().empty());
  EXPECT_TRUE(from.placement() == "ram" || from.placement() == "flash_slot") << from.placement();
}

void expect_latency(const v1::ExportRunResponse& exported, std::uint32_t sessions, std::uint32_t iterations) {
  const v1::LatencyResult& latency = exported.run().result().latency();
  EXPECT_EQ(latency.sessions(), sessions);
  EXPECT_EQ(latency.count(), sessions * iterations);
  EXPECT_GT(latency.min_ticks(), 0);
  EXPECT_LE(latency.min_ticks(), latency.median_ticks());
  EXPECT_LE(latency.median_ticks(), latency.p90_ticks());
  EXPECT_LE(latency.p90_ticks(), latency.p99_ticks());
  EXPECT_LE(latency.p99_ticks(), latency.max_ticks());
  EXPECT_TRUE(latency.median_interval_ticks().known());
  EXPECT_EQ(latency.median_us(), 0) << "instructions have no time";
  ASSERT_EQ(exported.samples_size(), static_cast<int>(sessions));
  for (const v1::SessionSamples& session : exported.samples()) {
    ASSERT_EQ(session.latency_ticks_size(), static_cast<int>(iterations));
    for (const std::uint64_t ticks : session.latency_ticks()) {
      EXPECT_GE(static_cast<double>(ticks), latency.min_ticks());
      EXPECT_LE(static_cast<double>(ticks), latency.max_ticks());
    }
  }
}

void expect_profile(const v1::RunResult& result) {
  const v1::ProfileResult& profile = result.profile();
  ASSERT_GT(profile.operators_size(), 0);
  double sum = 0, shares = 0;
  for (const v1::OperatorProfile& row : profile.operators()) {
    EXPECT_GT(row.ticks(), 0) << row.kind();
    EXPECT_FALSE(row.kernel().empty());
    sum += row.ticks();
    shares += row.share();
  }
  EXPECT_NEAR(sum, profile.sum_ticks(), 1);
  EXPECT_NEAR(shares, 1, 1e-6);
  EXPECT_EQ(profile.clean_ticks(), result.latency().median_ticks());
  EXPECT_LE(std::abs(profile.sum_ticks() - profile.instrumented_ticks()) / profile.instrumented_ticks(), 0.01);
  // Half a percent, or what a hook of some tens of instructions costs where an inference takes few.
  const double hooks = 80.0 * profile.operators_size() / profile.clean_ticks();
  EXPECT_LE(profile.overhead_ratio(), std::max(0.005, hooks));
  EXPECT_GE(profile.overhead_ratio(), 0);
}

void expect_memory(const v1::RunResult& result) {
  const v1::MemoryResult& memory = result.memory();
  EXPECT_GT(memory.arena_used_bytes(), 0U);
  EXPECT_LE(memory.arena_used_bytes(), memory.arena_planned_bytes());
  EXPECT_GE(memory.arena_planned_bytes(), memory.arena_lower_bound_bytes());
  EXPECT_GT(memory.stack_high_water_bytes(), 0U);
  EXPECT_LT(memory.stack_high_water_bytes(), memory.stack_size_bytes());
  EXPECT_GT(memory.static_ram_bytes(), 0U);
  EXPECT_LT(memory.static_ram_bytes(), result.provenance().board_type().ram_bytes());
  EXPECT_GT(memory.agent_flash_bytes(), 0U);
  EXPECT_LT(memory.agent_flash_bytes(), result.provenance().board_type().flash_bytes());
  EXPECT_GT(memory.packed_model_bytes(), 0U);
}

}  // namespace

void expect_sound(const v1::ExportRunResponse& exported, std::uint32_t sessions, std::uint32_t iterations) {
  const v1::Run& run = exported.run();
  SCOPED_TRACE(run.summary().model_name() + " on " + run.summary().board_id());
  EXPECT_EQ(run.summary().outcome(), v1::OUTCOME_SUCCEEDED)
      << run.summary().reason() << ": " << run.summary().message();
  // On a machine that is busy with more than this, an emulated board may stand still for seconds: the run then
  // begins again, as it should. Nothing else may cost an attempt.
  for (const v1::Attempt& attempt : run.attempts()) {
    EXPECT_TRUE(attempt.outcome() == v1::OUTCOME_SUCCEEDED || attempt.reason() == "AGENT_SILENT")
        << attempt.reason() << ": " << attempt.message();
  }
  expect_trusted(run.result());
  expect_latency(exported, sessions, iterations);
  expect_profile(run.result());
  expect_memory(run.result());
}

void expect_identical(const v1::ExportRunResponse& first, const v1::ExportRunResponse& second) {
  SCOPED_TRACE(first.run().summary().model_name() + " on " + first.run().summary().board_id());
  ASSERT_EQ(first.samples_size(), second.samples_size());
  for (int i = 0; i < first.samples_size(); ++i) {
    EXPECT_EQ(first.samples(i).ShortDebugString(), second.samples(i).ShortDebugString());
  }
  EXPECT_EQ(first.run().result().latency().ShortDebugString(), second.run().result().latency().ShortDebugString());
  EXPECT_EQ(first.run().result().profile().ShortDebugString(), second.run().result().profile().ShortDebugString());
}

}  // namespace tinyrig::test
