// From an instrument's words to the energy of an inference; every number here is worked out by hand.
#include "server/bench/energy_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/base/error.h"
#include "server/bench/energy_plan.h"

namespace tinyrig::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kCounterHz = 1'000'000;
constexpr std::uint32_t kFnv = 7;

// A PPK2 with constants that make a word easy: I = adc * 4 * 1.8 / 163840 / R, with R so that one step of range 3 is
// 1 uA, and of range 4 (for what it cannot measure) 100 uA.
constexpr char kHeader[] =
    "Calibrated: 1\n"
    "R0: 43.9453125\nR1: 43.9453125\nR2: 43.9453125\nR3: 43.9453125\nR4: 0.439453125\n"
    "GS0: 0\nGS1: 0\nGS2: 0\nGS3: 0\nGS4: 0\nGI0: 1\nGI1: 1\nGI2: 1\nGI3: 1\nGI4: 1\n"
    "O0: 0\nO1: 0\nO2: 0\nO3: 0\nO4: 0\nS0: 0\nS1: 0\nS2: 0\nS3: 0\nS4: 0\nI0: 0\nI1: 0\nI2: 0\nI3: 0\nI4: 0\n"
    "UG0: 1\nUG1: 1\nUG2: 1\nUG3: 1\nUG4: 1\nVDD: 3000\nHW: 9173\nmode: 2\nIA: 56\nEND\n";

// Words in the order in which they are sampled.
class Words {
 public:
  Words& add(std::uint32_t samples, std::uint32_t current_ua, bool trigger) {
    for (std::uint32_t i = 0; i < samples; ++i) push(current_ua | 3U << 14, trigger);
    return *this;
  }
  Words& saturate(std::uint32_t samples, bool trigger = true) {
    for (std::uint32_t i = 0; i < samples; ++i) push(0x3FFF | 4U << 14, trigger);
    return *this;
  }
  Words& lose(std::uint32_t samples) {
    count_ += samples;
    return *this;
  }
  // Idle for 20 ms at 1000 uA, and so many windows of 20 ms at 6000 uA with idle after each.
  Words& windows(int number) {
    add(2'000, 1'000, false);
    for (int i = 0; i < number; ++i) add(2'000, 6'000, true).add(2'000, 1'000, false);
    return *this;
  }
  power::Capture capture() const {
    return {.format = "ppk2",
            .header = kHeader,
            .supply_mv = 3'000,
            .samples_per_second = 100'000,
            .host_us = static_cast<std::uint64_t>(count_) * 10,
            .bytes = bytes_};
  }

 private:
  void push(std::uint32_t low, bool trigger) {
    const std::uint32_t word = low | (count_++ & 63) << 18 | (trigger ? 1U << 24 : 0U);
    for (int byte = 0; byte < 4; ++byte) bytes_.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
  }
  std::vector<std::uint8_t> bytes_;
  std::uint32_t count_ = 0;
};

RunRecording recorded(const Words& words, std::size_t windows, std::uint64_t window_ticks = 20'000) {
  RunRecording recording;
  recording.hello.set_ticks_per_second(kCounterHz);
  recording.sessions = {{.latency_ticks = {}, .output_fnv1a32 = kFnv}};
  for (std::size_t i = 0; i < windows; ++i) {
    agent::v1::EnergyDone& done = recording.energy.windows.emplace_back();
    done.set_inferences(4);
    done.set_window_ticks(window_ticks);
    done.set_output_fnv1a32(kFnv);
  }
  recording.energy.capture = words.capture();
  return recording;
}

EnergyStatement stated(const RunRecording& recording, bool emulated = false, std::uint32_t window_ms = 20) {
  boards::CatalogEntry type;
  type.type.set_emulated(emulated);
  v1::RunSettings settings;
  settings.set_energy_window_ms(window_ms);
  return energy_of(recording, type, settings);
}

TEST(EnergyOf, SumsEachWindow) {
  const EnergyStatement statement = stated(recorded(Words().windows(3), 3));
  EXPECT_THAT(statement.broken_rules, IsEmpty());
  const v1::EnergyResult& result = statement.result;
  ASSERT_EQ(result.windows_size(), 3);
  const v1::EnergyWindow& second = result.windows(1);
  EXPECT_EQ(second.first_sample(), 6'000U);
  EXPECT_EQ(second.samples(), 2'000U);
  EXPECT_EQ(second.inferences(), 4U);
  EXPECT_NEAR(second.energy_uj(), 6e-3 * 3 * 20e-3 * 1e6, 1e-6) << "6 mA at 3 V for 20 ms";
  EXPECT_NEAR(second.mean_current_ua(), 6'000, 1e-6);
  EXPECT_NEAR(second.instrument_us(), 20'000, 1e-9);
  EXPECT_NEAR(second.board_us(), 20'000, 1e-9);
  EXPECT_NEAR(result.energy_per_inference_uj(), 90, 1e-6);
  EXPECT_NEAR(result.average_power_uw(), 18'000, 1e-6);
  EXPECT_NEAR(result.idle_power_uw(), 3'000, 1e-6);
  EXPECT_NEAR(result.net_energy_per_inference_uj(), 75, 1e-6) << "5 ms of 3 mW are 15 uJ";
  EXPECT_TRUE(result.interval_uj().known());
  EXPECT_NEAR(result.interval_uj().low(), 90, 1e-6);
  EXPECT_EQ(result.samples(), 14'000U);
  EXPECT_EQ(result.lost_samples(), 0U);
}

TEST(EnergyOf, SaysHowFarTheTruthMayBe) {
  const v1::EnergyResult result = stated(recorded(Words().windows(2), 2)).result;
  // 10 % of 360 uJ, and two edges of 6 mA at 3 V for 10 us, over four inferences.
  const double accuracy = 36, edges = 2 * 6e-3 * 3 * 10e-6 * 1e6;
  EXPECT_NEAR(result.uncertainty_uj(), std::sqrt(accuracy * accuracy + edges * edges) / 4, 1e-6);
}

TEST(EnergyOf, TakesTheMedianOfTheWindows) {
  Words words;
  words.add(2'000, 1'000, false);
  for (const std::uint32_t current_ua : {6'000U, 6'600U, 6'300U}) {
    words.add(2'000, current_ua, true).add(2'000, 1'000, false);
  }
  const v1::EnergyResult result = stated(recorded(words, 3)).result;
  EXPECT_NEAR(result.energy_per_inference_uj(), 94.5, 1e-6);
  // 94.5 +- t(2; 0.975) * 4.5 / sqrt(3)
  EXPECT_NEAR(result.interval_uj().high(), 94.5 + 4.302653 * 4.5 / std::sqrt(3.0), 1e-4);
}

TEST(EnergyOf, EmulatedBoardsAreModelled) {
  EXPECT_EQ(stated(recorded(Words().windows(2), 2), true).result.method(), v1::ENERGY_METHOD_MODELLED);
  EXPECT_EQ(stated(recorded(Words().windows(2), 2), false).result.method(), v1::ENERGY_METHOD_MEASURED);
}

TEST(EnergyOf, AWindowMissingOrTooManyIsInvalid) {
  for (const int seen : {2, 4}) {
    const EnergyStatement statement = stated(recorded(Words().windows(seen), 3));
    EXPECT_THAT(statement.broken_rules, ElementsAre(HasSubstr("and the board measured 3 windows"))) << seen;
    EXPECT_EQ(statement.result.windows_size(), 0) << "which is which is not known";
    EXPECT_EQ(statement.result.energy_per_inference_uj(), 0);
  }
}

TEST(EnergyOf, ATriggerThatIsHighAtAnEndIsInvalid) {
  Words begins;
  begins.add(500, 6'000, true).windows(2);
  EXPECT_THAT(stated(recorded(begins, 2)).broken_rules, ElementsAre(HasSubstr("high from the start")));
  Words ends;
  ends.windows(2).add(500, 6'000, true);
  EXPECT_THAT(stated(recorded(ends, 2)).broken_rules, ElementsAre(HasSubstr("still high at the end")));
}

TEST(EnergyOf, ClocksThatDisagreeAreInvalid) {
  EXPECT_THAT(stated(recorded(Words().windows(2), 2, 20'029)).broken_rules, IsEmpty()) << "edges may fall so";
  EXPECT_THAT(stated(recorded(Words().windows(2), 2, 20'031)).broken_rules,
              ElementsAre(HasSubstr("energy window 1 lasted 20000 us by the instrument and 20031 us"),
                          HasSubstr("energy window 2")));
}

TEST(EnergyOf, LostSamplesAreInvalidAboveOneInAThousand) {
  for (const std::uint32_t lost : {2U, 3U}) {
    Words words;
    words.windows(1).add(1'000, 6'000, true).lose(lost).add(1'000 - lost, 6'000, true).add(2'000, 1'000, false);
    const EnergyStatement statement = stated(recorded(words, 2));
    ASSERT_EQ(statement.result.windows_size(), 2);
    EXPECT_EQ(statement.result.windows(1).lost_samples(), lost);
    EXPECT_EQ(statement.result.windows(1).samples(), 2'000U) << "they keep their place";
    EXPECT_EQ(statement.broken_rules.size(), lost == 3 ? 1U : 0U);
    EXPECT_GT(statement.result.uncertainty_uj(), 9.0) << "what was lost is not known";
  }
}

TEST(EnergyOf, WhatTheInstrumentCannotMeasureIsInvalid) {
  Words words;
  words.windows(1).add(1'990, 6'000, true).saturate(10).add(2'000, 1'000, false);
  EXPECT_THAT(stated(recorded(words, 2)).broken_rules,
              ElementsAre(HasSubstr("10 samples of energy window 2 were beyond")));
}

TEST(EnergyOf, IdleThatTheInstrumentCannotMeasureIsInvalid) {
  const auto broken = [](std::uint32_t beyond) {
    return stated(recorded(Words().windows(1).saturate(beyond, false).add(2'000, 1'000, false), 1)).broken_rules;
  };
  EXPECT_THAT(broken(5), IsEmpty());
  EXPECT_THAT(broken(50), ElementsAre(HasSubstr("of 6030 samples between the windows were beyond")));
}

TEST(EnergyOf, AWindowShorterThanAskedForIsInvalid) {
  EXPECT_THAT(stated(recorded(Words().windows(2), 2), false, 21).broken_rules,
              ElementsAre(HasSubstr("window 1 lasted 20.000 ms, and 21 ms"), HasSubstr("window 2")));
}

TEST(EnergyOf, WhatTheAgentSawIsHeldAgainstIt) {
  RunRecording recording = recorded(Words().windows(2), 2);
  recording.energy.windows[0].set_interrupts(3);
  recording.energy.windows[1].set_output_fnv1a32(8);
  EXPECT_THAT(stated(recording).broken_rules, ElementsAre(HasSubstr("3 interrupts ran in energy window 1"),
                                                          HasSubstr("window 2 computed other outputs")));
}

TEST(EnergyOf, ARecordingThatCannotBeReadIsInvalid) {
  RunRecording recording = recorded(Words().windows(2), 2);
  recording.energy.capture.header = "END\n";
  EXPECT_THAT(stated(recording).broken_rules, ElementsAre(HasSubstr("cannot be read")));
}

v1::RunSettings five_of_200_ms() {
  v1::RunSettings settings;
  settings.set_energy_windows(5);
  settings.set_energy_window_ms(200);
  return settings;
}

TEST(PlanEnergy, FillsTheWindowWithAMargin) {
  const absl::StatusOr<EnergyPlan> plan =
      plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HARDWARE_CLOCK, 1'000, kCounterHz);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->windows, 5U);
  EXPECT_EQ(plan->inferences, 210U) << "of 1 ms each";
}

TEST(PlanEnergy, AHostMayGetFasterByMuch) {
  EXPECT_EQ(plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HOST_CLOCK, 1'000, kCounterHz)->inferences, 400U);
}

TEST(PlanEnergy, ASlowInferenceIsAWindow) {
  const absl::StatusOr<EnergyPlan> plan =
      plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HARDWARE_CLOCK, 7'000'000, kCounterHz);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->inferences, 1U);
}

TEST(PlanEnergy, NoMoreInferencesThanAnAgentTakes) {
  EXPECT_EQ(plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HARDWARE_CLOCK, 1, kCounterHz)->inferences, 100'000U);
  EXPECT_EQ(plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HARDWARE_CLOCK, 0, kCounterHz)->inferences, 100'000U);
}

TEST(WindowLength, IsRoundedUp) {
  EXPECT_EQ(window_length(210'001, kCounterHz), std::chrono::milliseconds(211));
  EXPECT_EQ(window_length(0, 0), std::chrono::milliseconds(0));
}

TEST(PlanEnergy, RefusesARecordingWithoutEnd) {
  const absl::Status status =
      plan_energy(five_of_200_ms(), v1::TIMING_SOURCE_HARDWARE_CLOCK, 31'000'000, kCounterHz).status();
  EXPECT_EQ(reason_of(status), "CAPTURE_TOO_LONG");
  EXPECT_THAT(std::string(status.message()), HasSubstr("one inference takes 31.0 s"));
}

}  // namespace
}  // namespace tinyrig::bench
