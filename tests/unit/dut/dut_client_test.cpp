// The client of the text protocol against a third party's board, with each oddity that public logs show.
#include "server/dut/dut_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "server/base/error.h"
#include "tests/support/dut/simulated_dut.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::dut {
namespace {

using test::DutOddities;
using test::SimulatedDut;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kInputBytes = 490;
constexpr std::chrono::milliseconds kSilence{1000};

class Bench {
 public:
  explicit Bench(DutOddities oddities = {}) {
    auto device = std::make_unique<SimulatedDut>(io.get_executor(), "kws01", kInputBytes, 0.0625,
                                                 test::first_byte_of_twelve, std::move(oddities));
    board = device.get();
    client.emplace(std::move(device), [this](std::string_view line) { lines.emplace_back(line); });
  }

  absl::StatusOr<Identity> identify() { return test::run(io, client->identify()); }
  absl::Status load(std::size_t bytes = kInputBytes) {
    input.resize(bytes);
    std::iota(input.begin(), input.end(), std::uint8_t{5});
    return test::run(io, client->load(input));
  }
  absl::StatusOr<mlperf::Inference> infer(std::uint64_t count, std::uint64_t warmup = 1) {
    return test::run(io, client->infer(count, warmup, kSilence));
  }

  boost::asio::io_context io;
  std::vector<std::uint8_t> input;
  std::vector<std::string> lines;
  SimulatedDut* board = nullptr;
  std::optional<DutClient> client;
};

void expect_a_whole_run(Bench& bench) {
  const auto identity = bench.identify();
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->name, "someone's");
  EXPECT_EQ(identity->profile, "ULPMark for tinyML Firmware V0.0.1");
  EXPECT_EQ(identity->model, "kws01");
  const absl::Status stamped = test::run(bench.io, bench.client->timestamp());
  EXPECT_TRUE(stamped.ok()) << stamped;
  const absl::Status loaded = bench.load();
  ASSERT_TRUE(loaded.ok()) << loaded;
  for (const std::uint64_t count : {std::uint64_t{160}, std::uint64_t{3}}) {
    const auto inference = bench.infer(count);
    ASSERT_TRUE(inference.ok()) << inference.status();
    EXPECT_EQ(inference->iterations, count);
    EXPECT_EQ(inference->elapsed_us(), count * 62'500);
    ASSERT_EQ(inference->results.size(), 12U);
    EXPECT_EQ(std::ranges::max_element(inference->results) - inference->results.begin(), 5);
  }
}

TEST(DutClient, AWholeRun) {
  Bench bench;
  expect_a_whole_run(bench);
  // What a device must take before it has answered.
  EXPECT_LE(bench.board->longest_command, 64U);
  EXPECT_THAT(bench.board->commands, Each(testing::Not("")));
  EXPECT_THAT(std::vector(bench.board->commands.end() - 2, bench.board->commands.end()),
              ElementsAre("infer 160 1", "infer 3 1"));
  EXPECT_THAT(bench.lines, testing::Contains("m-lap-us-1000000"));
}

TEST(DutClient, OdditiesOfPublicLogs) {
  DutOddities all;
  all.partial_banner = true;
  all.late_banner = true;
  all.deaf_names = 2;
  all.echoes = true;
  all.talks = true;
  all.interface_board = true;
  all.trailing_comma = true;
  all.logits = true;
  all.narrow_clock = true;
  for (bool DutOddities::*one : {&DutOddities::partial_banner, &DutOddities::late_banner, &DutOddities::echoes,
                                 &DutOddities::talks, &DutOddities::interface_board, &DutOddities::trailing_comma,
                                 &DutOddities::logits, &DutOddities::narrow_clock}) {
    DutOddities odd;
    odd.*one = true;
    Bench bench(odd);
    expect_a_whole_run(bench);
  }
  Bench bench(all);
  expect_a_whole_run(bench);
}

TEST(DutClient, WhatTheDeviceRefuses) {
  Bench bench;
  const absl::Status loaded = bench.load(kInputBytes + 1);
  EXPECT_EQ(reason_of(loaded), "DUT_ERROR");
  EXPECT_THAT(std::string(loaded.message()),
              HasSubstr("\"db load 491\" with Supplied buffer size 491 exceeds maximum of 490"));
  DutOddities odd;
  odd.error = "e-[Inference failed]";
  Bench failing(odd);
  ASSERT_TRUE(failing.load().ok());
  const auto inference = failing.infer(10);
  EXPECT_EQ(reason_of(inference.status()), "DUT_ERROR");
  EXPECT_THAT(std::string(inference.status().message()), HasSubstr("\"infer 10 1\" with e-[Inference failed]"));
  // And it goes on.
  EXPECT_TRUE(failing.identify().ok());
}

TEST(DutClient, AnswersThatAreNone) {
  DutOddities odd;
  odd.loses_load_done = true;
  EXPECT_EQ(reason_of(Bench(odd).load()), "DUT_PROTOCOL");
  odd = {};
  odd.other_count = true;
  EXPECT_EQ(reason_of(Bench(odd).infer(10).status()), "DUT_PROTOCOL");
  odd = {};
  odd.never_ready = true;
  EXPECT_EQ(reason_of(Bench(odd).infer(10).status()), "DUT_PROTOCOL");
}

TEST(DutClient, ABuildForEnergyIsToldApart) {
  DutOddities odd;
  odd.energy_build = true;
  Bench bench(odd);
  ASSERT_TRUE(bench.identify().ok());
  const absl::Status stamped = test::run(bench.io, bench.client->timestamp());
  EXPECT_EQ(reason_of(stamped), "DUT_PROTOCOL");
  EXPECT_THAT(std::string(stamped.message()), HasSubstr("a build for energy"));
}

TEST(DutClient, SilenceAndUnplugging) {
  DutOddities odd;
  odd.silent_after = 4;
  Bench bench(odd);
  ASSERT_TRUE(bench.identify().ok());
  const absl::Status silent = bench.load();
  EXPECT_EQ(reason_of(silent), "DUT_SILENT");
  EXPECT_THAT(hint_of(silent), HasSubstr("--baud"));
  odd.unplugged = true;
  Bench gone(odd);
  ASSERT_TRUE(gone.identify().ok());
  EXPECT_EQ(reason_of(gone.load()), "UNPLUGGED");
  EXPECT_EQ(reason_of(gone.identify().status()), "UNPLUGGED");  // at once, not after its patience
}

TEST(DutClient, NobodyThere) {
  DutOddities odd;
  odd.deaf_names = 1'000'000'000;
  Bench bench(odd);
  const auto found = test::run(bench.io, bench.client->find(std::chrono::milliseconds(5)));
  EXPECT_EQ(reason_of(found.status()), "DUT_SILENT");
}

}  // namespace
}  // namespace tinyrig::dut
