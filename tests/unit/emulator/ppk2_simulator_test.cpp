// The simulated PPK2 against what is known of a real one: its text, its words, its commands, and faults that do what
// they say and no more.
#include "emulator/ppk2_simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "tests/unit/emulator/ppk2_words.h"

namespace tinyrig::emulator {
namespace {

using test::counter_breaks;
using test::Word;
using test::words_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kMetadata[] =
    "Calibrated: 0\n"
    "R0: 1003.3506\nR1: 101.5865\nR2: 10.3027\nR3: 0.9636\nR4: 0.0564\n"
    "GS0: 0.0000\nGS1: 112.7890\nGS2: 18.0115\nGS3: 2.4217\nGS4: 0.0729\n"
    "GI0: 1.0000\nGI1: 0.9695\nGI2: 0.9609\nGI3: 0.9519\nGI4: 0.9582\n"
    "O0: 112.9420\nO1: 75.4627\nO2: 64.6020\nO3: 50.4983\nO4: 87.2177\n"
    "VDD: 3000\nHW: 9173\nmode: 2\n"
    "S0: 0.000000048\nS1: 0.000000596\nS2: 0.000005281\nS3: 0.000062577\nS4: 0.002940743\n"
    "I0: -0.000000104\nI1: -0.000001443\nI2: 0.000036439\nI3: -0.000374119\nI4: -0.009388455\n"
    "UG0: 1.00\nUG1: 1.00\nUG2: 1.00\nUG3: 1.00\nUG4: 1.00\n"
    "IA: 56\n"
    "END\n";

class Ppk2SimulatorTest : public ::testing::Test {
 protected:
  std::vector<std::string> send(std::initializer_list<std::uint8_t> bytes) {
    return ppk2_.take(std::vector<std::uint8_t>(bytes));
  }
  void start() { send({0x0D, 0x0C, 0xE4, 0x11, 0x02, 0x0C, 0x01, 0x06}); }

  InstrumentInput input_;
  std::vector<std::string> seen_;
  Ppk2Simulator ppk2_{{
      .input = [this] { return input_; },
      .stream_changed = [this](bool streams) { seen_.emplace_back(streams ? "streams" : "silent"); },
      .output_changed = [this](bool on) { seen_.emplace_back(on ? "on" : "off"); },
      .was_reset = [this] { seen_.emplace_back("reset"); },
  }};
};

TEST_F(Ppk2SimulatorTest, SaysOfItselfWhatARealOneDoes) { EXPECT_THAT(send({0x19}), ElementsAre(kMetadata)); }

TEST_F(Ppk2SimulatorTest, MetadataHasWhatWasSet) {
  send({0x0D, 0x0C, 0xE4, 0x11, 0x01});
  send({0x25, 0x03, 0xCD, 0xCC, 0x8C, 0x3F});  // 1.1
  std::string expected = kMetadata;
  expected.replace(expected.find("VDD: 3000"), 9, "VDD: 3300");
  expected.replace(expected.find("mode: 2"), 7, "mode: 1");
  expected.replace(expected.find("UG3: 1.00"), 9, "UG3: 1.10");
  EXPECT_THAT(send({0x19}), ElementsAre(expected));
}

TEST_F(Ppk2SimulatorTest, ItsMetadataMayBeAsBadAsAnyReal) {
  ppk2_.set_metadata_fault(Ppk2Simulator::MetadataFault::kInThreeWrites);
  const auto pieces = send({0x19});
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0] + pieces[1] + pieces[2], kMetadata);
  EXPECT_EQ(pieces[2], "ND\n");
  ppk2_.set_metadata_fault(Ppk2Simulator::MetadataFault::kNotANumber);
  std::string broken = kMetadata;
  broken.replace(broken.find("GI2: 0.9609"), 11, "GI2: -nan");
  EXPECT_THAT(send({0x19}), ElementsAre(broken));
  ppk2_.set_metadata_fault(Ppk2Simulator::MetadataFault::kNoEnd);
  const std::string text = kMetadata;
  EXPECT_THAT(send({0x19}), ElementsAre(text.substr(0, text.size() - 4)));
}

TEST_F(Ppk2SimulatorTest, CommandsMayBeCutAnywhere) {
  // Each known one, with parameters that would be other commands; metadata at the end.
  const std::vector<std::uint8_t> commands = {0x01, 0x06, 0x06, 0x02, 0x06, 0x03, 0x06, 0x06, 0x05, 0x0A, 0x0D, 0x0C,
                                              0xE4, 0x0E, 0x20, 0x0F, 0x20, 0x11, 0x01, 0x12, 0x00, 0x06, 0x06, 0x06,
                                              0x06, 0x15, 0x16, 0x25, 0x00, 0x00, 0x00, 0x80, 0x3F, 0x19};
  std::string expected = kMetadata;
  expected.replace(expected.find("VDD: 3000"), 9, "VDD: 3300");
  expected.replace(expected.find("mode: 2"), 7, "mode: 1");
  for (std::size_t cut = 0; cut <= commands.size(); ++cut) {
    ppk2_.power_cycle();
    seen_.clear();
    const std::span<const std::uint8_t> all = commands;
    std::vector<std::string> answers = ppk2_.take(all.first(cut));
    for (std::string& answer : ppk2_.take(all.subspan(cut))) answers.push_back(std::move(answer));
    EXPECT_THAT(answers, ElementsAre(expected)) << cut;
    EXPECT_THAT(seen_, IsEmpty()) << cut;
  }
  ppk2_.power_cycle();
  std::size_t answers = 0;
  for (const std::uint8_t byte : commands) answers += send({byte}).size();
  EXPECT_EQ(answers, 1U);
}

TEST_F(Ppk2SimulatorTest, StreamsOnlyBetweenStartAndStop) {
  EXPECT_EQ(ppk2_.produce(10), "");
  start();
  EXPECT_EQ(ppk2_.produce(10).size(), 40U);
  ppk2_.host_left();  // crashed: nobody has stopped it
  EXPECT_EQ(ppk2_.produce(10).size(), 40U);
  send({0x06});
  send({0x07});
  EXPECT_EQ(ppk2_.produce(10), "");
  EXPECT_THAT(seen_, ElementsAre("on", "streams", "off", "silent"));
}

TEST_F(Ppk2SimulatorTest, AResetForgetsEverything) {
  start();
  EXPECT_THAT(send({0x20, 0x06}), IsEmpty());
  EXPECT_THAT(seen_, ElementsAre("on", "streams", "silent", "off", "reset"));
  EXPECT_FALSE(ppk2_.streams());
  EXPECT_THAT(send({0x19}), ElementsAre(kMetadata));
}

TEST_F(Ppk2SimulatorTest, WithoutItsOutputNothingFlows) {
  input_ = {6500, 0};
  send({0x06});
  EXPECT_NEAR(test::mean_ua(words_of(ppk2_.produce(1000)), 3.0), 0, 0.001);
}

struct MeanCase {
  double current_ua;
  std::uint32_t range;
};

class Ppk2MeanTest : public Ppk2SimulatorTest, public ::testing::WithParamInterface<MeanCase> {};

TEST_P(Ppk2MeanTest, TheMeanIsTheCurrent) {
  const auto [current_ua, range] = GetParam();
  input_ = {current_ua, 0x81};
  start();
  const std::vector<Word> words = words_of(ppk2_.produce(10'000));
  ASSERT_EQ(words.size(), 10'000U);
  EXPECT_EQ(counter_breaks(words), 0U);
  for (const Word& word : words) {
    ASSERT_EQ(word.range, range);
    ASSERT_EQ(word.logic, 0x81);
  }
  const double mean_ua = test::mean_ua(words, 3.3);
  EXPECT_NEAR(mean_ua, current_ua, current_ua * 1e-4);
  RecordProperty("off_ppm", std::to_string((mean_ua / current_ua - 1) * 1e6));
  std::printf("%g uA: off by %.3f ppm\n", current_ua, (mean_ua / current_ua - 1) * 1e6);
}

INSTANTIATE_TEST_SUITE_P(Currents, Ppk2MeanTest,
                         ::testing::Values(MeanCase{8, 0}, MeanCase{80, 1}, MeanCase{1500, 2}, MeanCase{6500, 3},
                                           MeanCase{12'000, 3}, MeanCase{120'000, 4}));

TEST_F(Ppk2SimulatorTest, RangesMeetWhereARealOneSwitches) {
  start();
  const auto range_of = [&](double current_ua) {
    input_.current_ua = current_ua;
    return words_of(ppk2_.produce(1)).front().range;
  };
  EXPECT_EQ(range_of(-1), 0U);
  EXPECT_EQ(range_of(49.9), 0U);
  EXPECT_EQ(range_of(50), 1U);
  EXPECT_EQ(range_of(500), 2U);
  EXPECT_EQ(range_of(5'000), 3U);
  EXPECT_EQ(range_of(50'000), 4U);
  EXPECT_EQ(range_of(1e9), 4U);
}

TEST_F(Ppk2SimulatorTest, LosesWordsWhoseCountersPass) {
  input_.current_ua = 6500;
  start();
  ppk2_.produce(10);
  ppk2_.lose(7);
  const std::vector<Word> words = words_of(ppk2_.produce(100));
  ASSERT_EQ(words.size(), 93U);
  EXPECT_EQ(words.front().counter, 17U);
  EXPECT_EQ(counter_breaks(words), 0U);
}

TEST_F(Ppk2SimulatorTest, CorruptsOneCounter) {
  start();
  const std::vector<Word> before = words_of(ppk2_.produce(10));
  ppk2_.corrupt_counter();
  const std::vector<Word> after = words_of(ppk2_.produce(100));
  ASSERT_EQ(after.size(), 100U);
  EXPECT_NE(after[0].counter, 10U);
  EXPECT_EQ(after[1].counter, 11U);
  EXPECT_EQ(counter_breaks(after), 1U);
}

TEST_F(Ppk2SimulatorTest, SlipsBytes) {
  for (std::size_t slipped = 1; slipped <= 3; ++slipped) {
    ppk2_.power_cycle();
    start();
    ppk2_.slip(slipped);
    const std::string bytes = ppk2_.produce(100);
    ASSERT_EQ(bytes.size(), 400 - slipped);
    // The rest of the first word, and then whole ones.
    const std::vector<Word> words = words_of(bytes.substr(4 - slipped));
    ASSERT_EQ(words.size(), 99U);
    EXPECT_EQ(words.front().counter, 1U);
    EXPECT_EQ(counter_breaks(words), 0U);
  }
}

TEST_F(Ppk2SimulatorTest, SaturatesForAWhile) {
  input_.current_ua = 6500;
  start();
  ppk2_.saturate(20);
  const std::vector<Word> words = words_of(ppk2_.produce(1020));
  EXPECT_EQ(counter_breaks(words), 0U);
  for (std::size_t i = 0; i < words.size(); ++i) {
    ASSERT_EQ(words[i].code == 0x3FFF, i < 20) << i;
    ASSERT_EQ(words[i].range, 3U);
  }
  EXPECT_NEAR(test::mean_ua({words.begin() + 20, words.end()}, 3.3), 6500, 0.65);
}

TEST_F(Ppk2SimulatorTest, NoCurrentSaturatesItByItself) {
  input_.current_ua = 50e6;
  start();
  for (const Word& word : words_of(ppk2_.produce(10))) EXPECT_EQ(word.code, 0x3FFEU);
}

}  // namespace
}  // namespace tinyrig::emulator
