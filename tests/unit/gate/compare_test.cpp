// Every verdict that two runs can come to.
#include "server/gate/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/gate/gate_runs.h"

namespace tinyrig::gate {
namespace {

using ::testing::HasSubstr;

v1::GateSeries series_named(const v1::GateComparison& comparison, const std::string& metric) {
  for (const v1::GateSeries& series : comparison.series()) {
    if (series.metric() == metric) return series;
  }
  ADD_FAILURE() << "no series " << metric << " in " << comparison.DebugString();
  return {};
}

v1::GateComparison compared(const v1::Run& base, const v1::Run& head) { return compare(base, head, standard_policy()); }

const v1::Run kBase = counted_run("r-base", "aa", 1'000'000);

TEST(Compare, WithinToleranceEverythingPasses) {
  const v1::GateComparison comparison = compared(kBase, counted_run("r-head", "bb", 1'002'000));
  EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_PASS) << comparison.DebugString();
  EXPECT_EQ(comparison.series_size(), 6);
  const v1::GateSeries latency = series_named(comparison, "latency");
  EXPECT_EQ(latency.base(), 1'000'000);
  EXPECT_EQ(latency.head(), 1'002'000);
  EXPECT_EQ(latency.allowed(), 2000U);
  EXPECT_EQ(latency.unit(), "instructions (emulated)");
  EXPECT_EQ(latency.basis(), v1::GATE_BASIS_EXACT);
  EXPECT_EQ(latency.reason(), "within the tolerance");
  EXPECT_EQ(series_named(comparison, "stack").reason(), "unchanged");
  EXPECT_EQ(comparison.base().run_id(), "r-base");
  EXPECT_EQ(comparison.head().model_sha256(), "bb");
  EXPECT_EQ(comparison.head().agent_build_id(), "feed");
}

TEST(Compare, OneTickBeyondIsARegressionAndSwappedAnImprovement) {
  const v1::Run head = counted_run("r-head", "bb", 1'002'001);
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(series_named(compared(kBase, head), "latency").verdict(), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(compared(head, kBase).verdict(), v1::GATE_VERDICT_IMPROVEMENT);
}

// Of the stack, beyond what interrupts may add.
TEST(Compare, AByteMoreOfAnyMemoryIsARegression) {
  const std::pair<const char*, std::function<void(v1::MemoryResult*)>> kinds[] = {
      {"arena", [](v1::MemoryResult* memory) { memory->set_arena_used_bytes(24'001); }},
      {"packed_model", [](v1::MemoryResult* memory) { memory->set_packed_model_bytes(60'001); }},
      {"stack", [](v1::MemoryResult* memory) { memory->set_stack_high_water_bytes(1088 + 257); }},
      {"static_ram", [](v1::MemoryResult* memory) { memory->set_static_ram_bytes(4601); }},
      {"agent_flash", [](v1::MemoryResult* memory) { memory->set_agent_flash_bytes(53'001); }},
  };
  for (const auto& [metric, grow] : kinds) {
    v1::Run head = counted_run("r-head", "bb", 1'000'000);
    grow(head.mutable_result()->mutable_memory());
    const v1::GateComparison comparison = compared(kBase, head);
    EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_REGRESSION) << metric;
    for (const v1::GateSeries& series : comparison.series()) {
      EXPECT_EQ(series.verdict(), series.metric() == metric ? v1::GATE_VERDICT_REGRESSION : v1::GATE_VERDICT_PASS)
          << series.metric();
    }
  }
}

TEST(Compare, ARegressionOutweighsWhatIsInconclusiveAndImproved) {
  v1::Run head = counted_run("r-head", "bb", 500'000);
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_IMPROVEMENT);
  head.mutable_result()->mutable_latency()->set_max_ticks(500'001);
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_INCONCLUSIVE);
  head.mutable_result()->mutable_memory()->set_arena_used_bytes(30'000);
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_REGRESSION);
  head.mutable_result()->clear_latency();
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_INVALID) << "measured on one side alone";
}

TEST(Compare, TicksOfAClockAreInconclusiveHoweverFarApart) {
  for (const auto source : {v1::TIMING_SOURCE_HARDWARE_CLOCK, v1::TIMING_SOURCE_HOST_CLOCK}) {
    for (const double ticks : {1'000'000., 10'000'000., 1000.}) {
      v1::Run base = kBase;
      v1::Run head = counted_run("r-head", "bb", ticks);
      for (v1::Run* run : {&base, &head}) run->mutable_result()->mutable_provenance()->set_timing_source(source);
      const v1::GateComparison comparison = compared(base, head);
      EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_INCONCLUSIVE);
      EXPECT_EQ(series_named(comparison, "latency").verdict(), v1::GATE_VERDICT_INCONCLUSIVE);
      EXPECT_THAT(series_named(comparison, "latency").reason(), HasSubstr("alternating sessions and layout variants"));
      EXPECT_EQ(series_named(comparison, "arena").verdict(), v1::GATE_VERDICT_PASS) << "bytes need no clock";
      EXPECT_FALSE(comparison.has_attribution()) << "it would tell of noise";
    }
  }
}

TEST(Compare, CountsThatDifferWithinARunAreInconclusive) {
  v1::Run head = counted_run("r-head", "bb", 1'000'000);
  head.mutable_result()->mutable_latency()->set_min_ticks(999'999);
  const v1::GateSeries latency = series_named(compared(kBase, head), "latency");
  EXPECT_EQ(latency.verdict(), v1::GATE_VERDICT_INCONCLUSIVE);
  EXPECT_EQ(latency.reason(), "the samples of one run differ, from 999999 to 1000000: not deterministic");
}

TEST(Compare, TheSameModelRuntimeAndBuildPassByIdentity) {
  v1::Run again = kBase;
  again.mutable_summary()->set_run_id("r-again");
  for (const auto source : {v1::TIMING_SOURCE_INSTRUCTION_COUNT, v1::TIMING_SOURCE_HARDWARE_CLOCK}) {
    v1::Run base = kBase;
    for (v1::Run* run : {&base, &again}) run->mutable_result()->mutable_provenance()->set_timing_source(source);
    const v1::GateComparison comparison = compared(base, again);
    EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_PASS);
    for (const v1::GateSeries& series : comparison.series()) {
      EXPECT_EQ(series.basis(), v1::GATE_BASIS_IDENTITY);
      EXPECT_EQ(series.reason(), "the same model, runtime and agent build on both sides");
    }
  }
}

TEST(Compare, IdentityWithOtherCountsIsNotDeterministic) {
  const v1::GateComparison comparison = compared(kBase, counted_run("r-again", "aa", 1'000'001));
  EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_INVALID);
  EXPECT_THAT(series_named(comparison, "latency").reason(), HasSubstr("not deterministic"));
}

TEST(Compare, AnyRunHeldAgainstItselfPasses) {
  v1::Run without_memory = kBase;
  without_memory.mutable_result()->clear_memory();
  EXPECT_EQ(compared(kBase, kBase).verdict(), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(compared(without_memory, without_memory).verdict(), v1::GATE_VERDICT_INCONCLUSIVE)
      << "what nobody measured did not pass";
  EXPECT_EQ(series_named(compared(without_memory, without_memory), "stack").reason(), "neither run measured it");
}

TEST(Compare, AnotherAgentBuildIsAChangeLikeAnother) {
  v1::Run head = counted_run("r-head", "aa", 1'100'000);
  head.mutable_result()->mutable_provenance()->mutable_agent()->set_build_id("beef");
  EXPECT_EQ(compared(kBase, head).verdict(), v1::GATE_VERDICT_REGRESSION);
  head = counted_run("r-head", "bb", 1'000'000);
  head.mutable_result()->mutable_provenance()->mutable_agent()->set_build_id("beef");
  const v1::GateComparison both = compared(kBase, head);
  EXPECT_EQ(both.verdict(), v1::GATE_VERDICT_INVALID);
  EXPECT_THAT(both.reason(), HasSubstr("agent build is feed (tinyrig 0.1.0) for base and beef"));
  EXPECT_THAT(both.reason(), HasSubstr("two changes at once"));
}

TEST(Compare, RunsThatDifferInAFieldAreNotComparable) {
  struct Difference {
    const char* field;
    std::function<void(v1::Run*)> make;
  };
  const auto provenance = [](v1::Run* run) { return run->mutable_result()->mutable_provenance(); };
  const Difference differences[] = {
      {"board type is mps2-an386 for base and mps3-an547 for head",
       [&](v1::Run* run) { provenance(run)->mutable_board_type()->set_id("mps3-an547"); }},
      {"board is emu-1 for base and emu-2", [&](v1::Run* run) { provenance(run)->set_board_id("emu-2"); }},
      {"emulated or not is emulated for base and silicon", [&](v1::Run* run) { provenance(run)->set_emulated(false); }},
      {"timing source is TIMING_SOURCE_INSTRUCTION_COUNT for base and TIMING_SOURCE_HOST_CLOCK",
       [&](v1::Run* run) { provenance(run)->set_timing_source(v1::TIMING_SOURCE_HOST_CLOCK); }},
      {"unit of ticks is TICK_UNIT_INSTRUCTIONS for base and TICK_UNIT_CYCLES",
       [&](v1::Run* run) { provenance(run)->set_tick_unit(v1::TICK_UNIT_CYCLES); }},
      {"ticks per second is 0 for base and 5", [&](v1::Run* run) { provenance(run)->set_ticks_per_second(5); }},
      {"runtime is tinyrig for base and portable",
       [&](v1::Run* run) { provenance(run)->mutable_runtime()->set_name("portable"); }},
      {"input seed is 1 for base and 2", [](v1::Run* run) { run->mutable_settings()->set_input_seed(2); }},
  };
  for (const Difference& difference : differences) {
    v1::Run head = counted_run("r-head", "bb", 1'000'000);
    difference.make(&head);
    const v1::GateComparison comparison = compared(kBase, head);
    EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_INVALID);
    EXPECT_THAT(comparison.reason(), HasSubstr(std::string("not comparable: ") + difference.field));
    EXPECT_EQ(comparison.series_size(), 0);
  }
}

TEST(Compare, WithoutABaselineNothingPasses) {
  const v1::GateComparison comparison = without_baseline("mps2-an386", "tinyrig", "there is no baseline");
  EXPECT_EQ(comparison.verdict(), v1::GATE_VERDICT_INCONCLUSIVE);
  EXPECT_EQ(comparison.reason(), "there is no baseline");
}

TEST(Compare, RunsWithoutTrustedNumbersAreInvalid) {
  v1::Run failed = counted_run("r-head", "bb", 1);
  failed.clear_result();
  failed.mutable_summary()->set_outcome(v1::OUTCOME_BOARD_ERROR);
  failed.mutable_summary()->set_reason("AGENT_SILENT");
  failed.mutable_summary()->set_message("no answer");
  EXPECT_EQ(compared(kBase, failed).reason(),
            "the head run r-head did not succeed: board error [AGENT_SILENT]: no answer");
  EXPECT_EQ(compared(failed, kBase).verdict(), v1::GATE_VERDICT_INVALID);
  EXPECT_THAT(compared(failed, kBase).reason(), HasSubstr("the base run r-head"));

  v1::Run untrusted = counted_run("r-head", "bb", 1'000'000);
  untrusted.mutable_summary()->set_outcome(v1::OUTCOME_INCONCLUSIVE);
  untrusted.mutable_result()->set_validity(v1::VALIDITY_INVALID);
  untrusted.mutable_result()->add_invalid_reasons("an interrupt ran");
  EXPECT_EQ(compared(kBase, untrusted).reason(), "the head run r-head is invalid: an interrupt ran");

  v1::Run running = counted_run("r-head", "bb", 1'000'000);
  running.mutable_summary()->set_state(v1::RUN_STATE_MEASURING);
  EXPECT_EQ(compared(kBase, running).reason(), "the head run r-head has not finished");
  EXPECT_EQ(compared(kBase, v1::Run()).verdict(), v1::GATE_VERDICT_INVALID);
}

}  // namespace
}  // namespace tinyrig::gate
