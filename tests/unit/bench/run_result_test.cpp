// From raw counter ticks to what a run states; every number here is worked out by hand.
#include "server/bench/run_result.h"

#include <gtest/gtest.h>

namespace tinyrig::bench {
namespace {

// 25 MHz counter, 128 ns an instruction: 3.2 ticks each, so 3200 ticks are 1000 instructions.
constexpr std::uint64_t kTicksPerSecond = 25'000'000;

boards::CatalogEntry emulated_type() {
  boards::CatalogEntry entry;
  entry.type.set_id("mps2-an386");
  entry.type.set_emulated(true);
  entry.type.set_timing_source(v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  entry.type.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  entry.instruction_ns = 128;
  return entry;
}

boards::CatalogEntry silicon_type() {
  boards::CatalogEntry entry;
  entry.type.set_id("nucleo");
  entry.type.set_timing_source(v1::TIMING_SOURCE_HARDWARE_CLOCK);
  entry.type.set_tick_unit(v1::TICK_UNIT_CYCLES);
  return entry;
}

RuntimeModel two_operators() {
  model::PackedModel model;
  for (const char letter : {'a', 'b', 'c'}) model.image.push_back(static_cast<std::byte>(letter));
  model.sha256 = "0123";
  model.arena_bytes = 4096;
  model.arena_lower_bound_bytes = 4000;
  model.operators = {{.index = 0, .kind = "CONV_2D", .shape = "1x8 -> 1x4", .kernel = "portable", .macs = 700},
                     {.index = 2, .kind = "SOFTMAX", .shape = "1x4", .kernel = "portable", .weight_bytes = 256}};
  RuntimeModel result{.runtime = {}, .packed = std::make_shared<const model::PackedModel>(model), .tflite = nullptr};
  result.runtime.set_name("portable");
  result.runtime.set_version("3.2.1");
  return result;
}

RunRecording good_recording() {
  RunRecording recording;
  recording.hello.set_ticks_per_second(kTicksPerSecond);
  recording.hello.set_build_id("feedfacefeedface");
  recording.hello.set_unit_id(std::string("\x00\x01\xfe\xff", 4));
  recording.hello.set_boot_count(5);
  recording.hello.set_capabilities(agent::v1::CAPABILITY_MASKS_INTERRUPTS);
  recording.placement = "flash_slot";
  recording.calibration_ratio = 1.0;
  recording.sessions = {{.latency_ticks = {3200, 3264}, .output_fnv1a32 = 7},   // 1000 and 1020 instructions
                        {.latency_ticks = {3232, 3232}, .output_fnv1a32 = 7}};  // 1010 twice
  recording.profile = {{.total_ticks = 3360, .operator_ticks = {1600, 1664}},   // 1050: 500 and 520
                       {.total_ticks = 3392, .operator_ticks = {1600, 1728}}};  // 1060: 500 and 540
  recording.counter_read_ticks = 64;                                            // 20 instructions
  recording.memory.set_arena_used_bytes(3000);
  recording.memory.set_stack_bytes(2048);
  recording.memory.set_stack_high_water_bytes(900);
  recording.memory.set_static_ram_bytes(1234);
  recording.memory.set_agent_flash_bytes(65536);
  recording.verification.set_inputs_checked(8);
  recording.verification.set_inputs_matched(8);
  recording.verification.set_first_wrong_operator(-1);
  return recording;
}

const std::set<v1::Measurement> kAll = {v1::MEASUREMENT_LATENCY, v1::MEASUREMENT_PROFILE, v1::MEASUREMENT_MEMORY};

v1::RunResult result_of(const RunRecording& recording, const boards::CatalogEntry& type = emulated_type(),
                        const std::set<v1::Measurement>& measurements = kAll) {
  return make_result(recording, type, two_operators(), measurements, v1::RunSettings(), "emu-an386-1", "9.9");
}

std::vector<std::string> broken(const RunRecording& recording) {
  const v1::RunResult result = result_of(recording);
  EXPECT_EQ(result.validity(), v1::VALIDITY_INVALID);
  return {result.invalid_reasons().begin(), result.invalid_reasons().end()};
}

TEST(TickScale, CountsInstructionsOnEmulatedBoards) {
  const TickScale scale(emulated_type(), kTicksPerSecond);
  EXPECT_EQ(scale.to_unit(3200), 1000U);
  EXPECT_EQ(scale.to_unit(3201), 1000U);  // 1000.3
  EXPECT_EQ(scale.to_unit(3202), 1001U);  // 1000.6
  EXPECT_EQ(scale.units_per_second(), 0U) << "instructions have no time";
}

TEST(TickScale, LeavesAClocksTicksAlone) {
  const TickScale scale(silicon_type(), 168'000'000);
  EXPECT_EQ(scale.to_unit(3201), 3201U);
  EXPECT_EQ(scale.units_per_second(), 168'000'000U);
}

TEST(MakeResult, NamesTheRuntimeThatRan) {
  const v1::RunProvenance provenance = result_of(good_recording()).provenance();
  EXPECT_EQ(provenance.runtime().name(), "portable");
  EXPECT_EQ(provenance.runtime().version(), "3.2.1");
  EXPECT_EQ(provenance.packed_format_version(), packed::kVersion);
}

// Of a runtime that takes the file, memory and kernels are its own affair; the operators are the model's.
TEST(MakeResult, OfAFileStatesWhatTheBoardSaid) {
  RunRecording recording = good_recording();
  recording.memory.set_arena_bytes(5000);
  RuntimeModel model = two_operators();
  model.runtime.set_name("tflm");
  model.tflite = std::make_shared<const std::string>("abc");
  const v1::RunResult result =
      make_result(recording, emulated_type(), model, kAll, v1::RunSettings(), "emu-an386-1", "9.9");
  EXPECT_EQ(result.provenance().packed_format_version(), 0U);
  EXPECT_EQ(result.provenance().packed_sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(result.memory().packed_model_bytes(), 3U);
  EXPECT_EQ(result.memory().arena_planned_bytes(), 5000U);
  ASSERT_EQ(result.profile().operators_size(), 2);
  EXPECT_EQ(result.profile().operators(0).kind(), "CONV_2D");
  EXPECT_EQ(result.profile().operators(0).kernel(), "tflm");
  EXPECT_EQ(result.profile().operators(0).ticks(), 500);
}

TEST(SamplesOf, KeepsEverySampleInItsSession) {
  const auto samples = samples_of(good_recording(), TickScale(emulated_type(), kTicksPerSecond));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].ShortDebugString(), "session: 1 latency_ticks: 1000 latency_ticks: 1020");
  EXPECT_EQ(samples[1].ShortDebugString(), "session: 2 latency_ticks: 1010 latency_ticks: 1010");
}

TEST(MakeResult, SummarizesLatencyInInstructions) {
  const v1::LatencyResult latency = result_of(good_recording()).latency();
  EXPECT_EQ(latency.count(), 4U);
  EXPECT_EQ(latency.sessions(), 2U);
  EXPECT_EQ(latency.min_ticks(), 1000);
  EXPECT_EQ(latency.median_ticks(), 1010);  // of 1000, 1010, 1010, 1020
  EXPECT_EQ(latency.max_ticks(), 1020);
  EXPECT_EQ(latency.mad_within_ticks(), 5);  // of 10, 10, 0, 0
  EXPECT_TRUE(latency.median_interval_ticks().known());
  EXPECT_EQ(latency.median_interval_ticks().low(), 1010);  // both sessions' medians
  EXPECT_EQ(latency.median_interval_ticks().high(), 1010);
  EXPECT_EQ(latency.median_us(), 0);
}

TEST(MakeResult, SaysMicrosecondsWhereThereIsAClock) {
  const v1::LatencyResult latency = result_of(good_recording(), silicon_type()).latency();
  EXPECT_EQ(latency.median_ticks(), 3232);
  EXPECT_DOUBLE_EQ(latency.median_us(), 129.28);  // 3232 ticks of 40 ns
}

TEST(MakeResult, ProfilesWithItsOwnOverhead) {
  const v1::ProfileResult profile = result_of(good_recording()).profile();
  EXPECT_EQ(profile.iterations(), 2U);
  ASSERT_EQ(profile.operators_size(), 2);
  EXPECT_DOUBLE_EQ(profile.operators(0).ticks(), 500);
  EXPECT_DOUBLE_EQ(profile.operators(1).ticks(), 530);
  EXPECT_DOUBLE_EQ(profile.operators(0).share(), 500.0 / 1030);
  EXPECT_DOUBLE_EQ(profile.operators(1).share(), 530.0 / 1030);
  EXPECT_EQ(profile.operators(0).kind(), "CONV_2D");
  EXPECT_EQ(profile.operators(0).macs(), 700U);
  EXPECT_EQ(profile.operators(1).index(), 2U) << "of the model file, not of the packed one";
  EXPECT_EQ(profile.operators(1).weight_bytes(), 256U);
  EXPECT_DOUBLE_EQ(profile.sum_ticks(), 1030);
  EXPECT_DOUBLE_EQ(profile.instrumented_ticks(), 1055);
  EXPECT_DOUBLE_EQ(profile.clean_ticks(), 1010);
  EXPECT_DOUBLE_EQ(profile.overhead_ratio(), 45.0 / 1010);
  EXPECT_DOUBLE_EQ(profile.counter_read_ticks(), 20);
}

TEST(MakeResult, ProfileWithoutLatencyIsHeldAgainstCleanInferencesOfItsOwn) {
  RunRecording recording = good_recording();
  for (Session& session : recording.sessions) session.latency_ticks.clear();
  recording.profile_clean_ticks = {3200, 3200, 3264};  // 1000, 1000, 1020
  const v1::RunResult result = result_of(recording, emulated_type(), {v1::MEASUREMENT_PROFILE});
  EXPECT_FALSE(result.has_latency());
  EXPECT_DOUBLE_EQ(result.profile().clean_ticks(), 1000);
  EXPECT_DOUBLE_EQ(result.profile().overhead_ratio(), 0.055);  // of 1055
}

TEST(MakeResult, KnowsNoOverheadWithoutALatencyToCompareWith) {
  const v1::RunResult result = result_of(good_recording(), emulated_type(), {v1::MEASUREMENT_PROFILE});
  EXPECT_DOUBLE_EQ(result.profile().instrumented_ticks(), 1055);
  EXPECT_EQ(result.profile().clean_ticks(), 0);
  EXPECT_EQ(result.profile().overhead_ratio(), 0);
  EXPECT_FALSE(result.has_latency());
  EXPECT_FALSE(result.has_memory());
}

TEST(MakeResult, StatesMemory) {
  const v1::MemoryResult memory = result_of(good_recording()).memory();
  EXPECT_EQ(memory.arena_planned_bytes(), 4096U);
  EXPECT_EQ(memory.arena_lower_bound_bytes(), 4000U);
  EXPECT_EQ(memory.arena_used_bytes(), 3000U);
  EXPECT_EQ(memory.stack_size_bytes(), 2048U);
  EXPECT_EQ(memory.stack_high_water_bytes(), 900U);
  EXPECT_EQ(memory.static_ram_bytes(), 1234U);
  EXPECT_EQ(memory.agent_flash_bytes(), 65536U);
  EXPECT_EQ(memory.packed_model_bytes(), 3U);
}

TEST(MakeResult, SaysWhereEveryNumberComesFrom) {
  const v1::RunProvenance from = result_of(good_recording()).provenance();
  EXPECT_EQ(from.model_sha256(), "0123");
  // SHA-256 of "abc", FIPS 180-2's example.
  EXPECT_EQ(from.packed_sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(from.board_id(), "emu-an386-1");
  EXPECT_EQ(from.board_type().id(), "mps2-an386");
  EXPECT_EQ(from.server_version(), "9.9");
  EXPECT_EQ(from.placement(), "flash_slot");
  EXPECT_EQ(from.agent().build_id(), "feedfacefeedface");
  EXPECT_EQ(from.agent().unit_id(), "0001feff");
  EXPECT_EQ(from.agent().boot_count(), 5U);
  EXPECT_EQ(from.timing_source(), v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  EXPECT_EQ(from.tick_unit(), v1::TICK_UNIT_INSTRUCTIONS);
  EXPECT_EQ(from.ticks_per_second(), 0U);
  EXPECT_EQ(from.calibration_ratio(), 1.0);
  EXPECT_TRUE(from.emulated());
  EXPECT_TRUE(from.interrupts_masked());
  EXPECT_EQ(from.interrupts(), 0U);
  EXPECT_FALSE(from.counts_core_cycles());
}

TEST(Validity, AGoodRecordingIsValid) {
  const v1::RunResult result = result_of(good_recording());
  EXPECT_EQ(result.validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(result.invalid_reasons_size(), 0);
  EXPECT_EQ(result.verification().inputs_matched(), 8U);
}

TEST(Validity, WrongOutputsNameTheOperator) {
  RunRecording recording = good_recording();
  recording.verification.set_inputs_matched(6);
  recording.verification.set_first_wrong_operator(3);
  EXPECT_EQ(broken(recording), std::vector<std::string>{"outputs differ from the expected ones for 2 of 8 inputs; the "
                                                        "first wrong operator is #3"});
}

TEST(Validity, NoInterruptMayRunInAWindow) {
  RunRecording recording = good_recording();
  recording.sessions[1].interrupts = 2;
  recording.profile_interrupts = 1;
  const std::vector<std::string> reasons = {"2 interrupts ran in the measuring window of session 2",
                                            "1 interrupts ran while operators were profiled"};
  EXPECT_EQ(broken(recording), reasons);
  EXPECT_EQ(result_of(recording).provenance().interrupts(), 3U);
}

TEST(Validity, CyclesComeFromTheCoresOwnCounter) {
  const boards::CatalogEntry cycles = silicon_type();
  boards::CatalogEntry timer = silicon_type();
  timer.type.set_tick_unit(v1::TICK_UNIT_TIMER_TICKS);
  RunRecording without = good_recording(), with = good_recording();
  with.hello.set_counts_core_cycles(true);
  EXPECT_EQ(result_of(with, cycles).validity(), v1::VALIDITY_VALID);
  EXPECT_TRUE(result_of(with, cycles).provenance().counts_core_cycles());
  EXPECT_EQ(result_of(without, timer).validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(result_of(without, cycles).invalid_reasons(0),
            "the board type counts cycles, and the agent found no cycle counter in the core");
  EXPECT_EQ(result_of(with, timer).invalid_reasons(0),
            "the agent counts the core's cycles, and the board type says that a timer is read");
}

// A PLL that did not lock, as the agent's port reports it.
TEST(Validity, ACoreThatIsSlowerThanItsTypeMeasuresAnotherBoard) {
  boards::CatalogEntry type = silicon_type();
  type.type.set_clock_hz(180'000'000);
  RunRecording recording = good_recording();
  recording.hello.set_counts_core_cycles(true);
  recording.hello.set_ticks_per_second(180'000'000);
  EXPECT_EQ(result_of(recording, type).validity(), v1::VALIDITY_VALID);
  recording.hello.set_ticks_per_second(16'000'000);
  EXPECT_EQ(result_of(recording, type).invalid_reasons(0),
            "the core runs at 16000000 Hz, and its board type at 180000000: the board's clocks did not come up; "
            "flash tinyrig-bringup and type i, clock= says what failed (docs/porting.md)");
}

TEST(Validity, SessionsMustComputeTheSame) {
  RunRecording recording = good_recording();
  recording.sessions[1].output_fnv1a32 = 8;
  EXPECT_EQ(broken(recording), std::vector<std::string>{"session 2 computed other outputs than session 1"});
}

TEST(Validity, ACounterMayBeOffByAThousandth) {
  RunRecording recording = good_recording();
  recording.calibration_ratio = 1.0009;
  EXPECT_EQ(result_of(recording).validity(), v1::VALIDITY_VALID);
  recording.calibration_ratio = 0.9985;
  EXPECT_EQ(broken(recording),
            std::vector<std::string>{"the counter gave 0.9985 times the instructions of a loop of known length"});
  recording.calibration_ratio = 0;  // never calibrated
  EXPECT_EQ(broken(recording).size(), 1U);
  recording.hello.set_counts_core_cycles(true);
  EXPECT_EQ(result_of(recording, silicon_type()).validity(), v1::VALIDITY_VALID) << "silicon has no known loop";
}

TEST(Validity, APacedAgentMeasuresNothing) {
  RunRecording recording = good_recording();
  recording.hello.set_capabilities(agent::v1::CAPABILITY_PACED_INFERENCE);
  ASSERT_EQ(broken(recording).size(), 1U);
}

}  // namespace
}  // namespace tinyrig::bench
