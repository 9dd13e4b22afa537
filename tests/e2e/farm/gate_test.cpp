// tinyrig gate as CI runs it: a change that slows one layer fails and is named, no change passes, and what cannot be
// told never passes.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/support/model/tflite_builder.h"
#include "tests/support/rig/rig.h"
#include "tinyrig/v1/gate.pb.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Three convolutions; the middle one has a kernel of `kernel` x `kernel`.
void write_model(const std::filesystem::path& path, std::int32_t kernel) {
  TfliteBuilder builder;
  const auto convolve = [&builder](int from, std::int32_t channels, std::int32_t size, std::int32_t filters) {
    const std::vector<std::int8_t> data(static_cast<std::size_t>(filters * size * size * channels), 3);
    const int weights = builder.constant({filters, size, size, channels}, data, {0.01F});
    const int to = builder.tensor({1, 8, 8, filters});
    tflite::Conv2DOptionsT options;
    options.stride_h = options.stride_w = 1;
    builder.add(model::OperatorCode::kConv2d, {from, weights}, {to}, options);
    return to;
  };
  const int first = convolve(builder.input({1, 8, 8, 4}), 4, 3, 8);
  const int middle = convolve(first, 8, kernel, 8);
  builder.output(convolve(middle, 8, 1, 4));
  const std::vector<std::uint8_t> bytes = builder.build();
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class GateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "main");
    std::filesystem::create_directories(folder_.path() / "change");
    write_model(base_, 1);
    write_model(slower_, 3);
  }

  const ShortFolder folder_;
  // As in CI: two versions of one file.
  const std::filesystem::path base_ = folder_.path() / "main" / "net.tflite";
  const std::filesystem::path slower_ = folder_.path() / "change" / "net.tflite";
};

TEST_F(GateTest, OneSlowerLayerIsFoundConfirmedAndNamed) {
  Emulator emulator(folder_.path(), "mps2-an386=2");
  Daemon daemon(folder_.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  const std::vector<v1::Board> boards = daemon.api().boards("mps2-an386");
  ASSERT_EQ(boards.size(), 2U);
  for (const v1::Board& board : boards) {
    ASSERT_TRUE(daemon.wait_for_idle(board.id(), within(seconds(120)))) << daemon.log();
  }
  const auto gate = [&](const std::filesystem::path& base, const std::filesystem::path& head,
                        std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"gate", "--base", base.string(), "--head", head.string(), "-b", "mps2-an386"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return daemon.cli(arguments, within(seconds(120)));
  };

  const std::filesystem::path markdown = folder_.path() / "gate.md", junit = folder_.path() / "gate.xml";
  const Ended slower = gate(base_, slower_, {"--json", "--markdown", markdown.string(), "--junit", junit.string()});
  EXPECT_EQ(slower.exit_code, 1) << slower.output;
  v1::GateReport report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(slower.output, &report).ok()) << slower.output;
  ASSERT_EQ(report.comparisons_size(), 1);
  const v1::GateComparison& comparison = report.comparisons(0);
  EXPECT_EQ(comparison.base().board_id(), comparison.head().board_id()) << "both sides on one unit";
  EXPECT_EQ(comparison.base().job_id(), comparison.head().job_id());
  ASSERT_EQ(comparison.series(0).metric(), "latency");
  EXPECT_EQ(comparison.series(0).verdict(), v1::GATE_VERDICT_REGRESSION);
  EXPECT_TRUE(comparison.confirmation().confirmed());
  EXPECT_TRUE(comparison.confirmation().other_unit());
  EXPECT_NE(comparison.confirmation().head().board_id(), comparison.head().board_id());
  ASSERT_GE(comparison.attribution().operators_size(), 1);
  const v1::GateOperatorChange& moved = comparison.attribution().operators(0);
  EXPECT_EQ(moved.kind(), "CONV_2D");
  EXPECT_EQ(moved.base_index(), 1U);
  EXPECT_EQ(moved.head_index(), 1U);
  EXPECT_GT(moved.share(), 0.95) << comparison.attribution().DebugString();
  EXPECT_THAT(text_of(markdown), HasSubstr("#\u200b1 CONV\\_2D"));
  EXPECT_THAT(text_of(junit), HasSubstr("name=\"latency\"><failure message="));

  // The same two runs again, without measuring; and the other way round.
  const std::string base_run = comparison.base().run_id(), head_run = comparison.head().run_id();
  const Ended again = daemon.cli({"gate", "--base-run", base_run, "--head-run", head_run});
  EXPECT_EQ(again.exit_code, 1) << again.output;
  EXPECT_THAT(again.output, HasSubstr("#1 CONV_2D"));
  const Ended faster = daemon.cli({"gate", "--base-run", head_run, "--head-run", base_run});
  EXPECT_EQ(faster.exit_code, 0) << faster.output;
  EXPECT_THAT(faster.output, HasSubstr("verdict: improvement"));

  const std::filesystem::path policy = folder_.path() / "gate.toml";
  std::ofstream(policy) << "[latency]\nabsolute = 100000000\n[packed_model]\nabsolute = 10000\n"
                           "[arena]\nabsolute = 10000\n";
  const Ended allowed =
      daemon.cli({"gate", "--base-run", base_run, "--head-run", head_run, "--policy", policy.string()});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.output;

  const Ended same = gate(base_, base_);
  EXPECT_EQ(same.exit_code, 0) << same.output;
  EXPECT_THAT(same.output, HasSubstr("the same model, runtime and agent build on both sides"));

  const Ended no_baseline = gate("never-registered", slower_);
  EXPECT_EQ(no_baseline.exit_code, 3) << no_baseline.output;
  EXPECT_THAT(no_baseline.output, HasSubstr("there is no baseline: the server has no model never-registered"));
  EXPECT_THAT(no_baseline.output, HasSubstr("verdict: inconclusive"));
  EXPECT_EQ(daemon.cli({"gate", "--base-run", "r-1", "--head-run", head_run}).exit_code, 3);
  EXPECT_EQ(gate(base_, "never-registered").exit_code, 2);

  for (const v1::Board& board : boards) EXPECT_EQ(emulator.control("unplug " + board.id()), "ok\n");
  ASSERT_TRUE(wait_until(daemon.process(), within(seconds(60)), [&] {
    for (const v1::Board& board : daemon.api().boards("mps2-an386")) {
      if (board.activity() != v1::ACTIVITY_OFFLINE) return false;
    }
    return true;
  })) << daemon.log();
  const Ended unplugged = gate(base_, slower_);
  EXPECT_EQ(unplugged.exit_code, 4) << unplugged.output;
  EXPECT_THAT(unplugged.output, HasSubstr("no board of type mps2-an386 takes work: " + boards[0].id() + " is offline"));
}

TEST_F(GateTest, WhatAClockTimesIsInconclusiveAndWrongUseIsNamed) {
  Emulator emulator(folder_.path(), "host");
  Daemon daemon(folder_.path(), {.farm_files = {emulator.farm_file()}});
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(seconds(30)))) << daemon.log();
  const std::filesystem::path policy = folder_.path() / "gate.toml";
  std::ofstream(policy) << "[packed_model]\nrelative = 1\n[arena]\nrelative = 1\n[stack]\nrelative = 1\n";
  const std::vector<std::string> sides = {"gate", "--base", base_.string(), "--head", slower_.string()};
  const auto gate = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = sides;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return daemon.cli(arguments);
  };
  const Ended timed = gate({"--board", "host", "--policy", policy.string()});
  EXPECT_EQ(timed.exit_code, 3) << timed.output;
  EXPECT_THAT(timed.output, HasSubstr("alternating sessions and layout variants"));

  const Ended absent = gate({"--board", "host,mps2-an386", "--policy", policy.string()});
  EXPECT_EQ(absent.exit_code, 4) << absent.output;
  EXPECT_THAT(absent.output, HasSubstr("host (host-1) with tinyrig: inconclusive")) << "the others are still looked at";

  std::ofstream(policy) << "[latency]\nrelatif = 1\n";
  const Ended misspelt = gate({"--board", "host", "--policy", policy.string()});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_THAT(misspelt.output, HasSubstr("unknown key 'relatif'; known are absolute, relative"));
  EXPECT_EQ(gate({}).exit_code, 2) << "no board";
  EXPECT_EQ(gate({"--board", "host", "--base-run", "r-1", "--head-run", "r-2"}).exit_code, 2) << "models and runs";
  EXPECT_EQ(daemon.cli({"gate"}).exit_code, 2);
  EXPECT_EQ(daemon.cli({"gate", "--base-run", "r-1", "--head-run", "r-2"}).exit_code, 4) << "no such run";
}

TEST_F(GateTest, CtrlCCancelsTheJob) {
  Emulator emulator(folder_.path(), "host");
  Daemon daemon(folder_.path(), {.farm_files = {emulator.farm_file()}});
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(seconds(30)))) << daemon.log();
  daemon.add_own_model("digits");
  v1::JobSpec busy = quick_job("digits", "host");
  busy.mutable_settings()->set_iterations(100'000);
  busy.mutable_settings()->set_sessions(10);
  const std::string busy_job = daemon.api().submit(busy).job().job_id();

  Process gate({programs().cli, "gate", "--base", base_.string(), "--head", slower_.string(), "--board", "host"},
               folder_.path() / "gate.log", {"TINYRIG_SERVER=127.0.0.1:" + std::to_string(daemon.grpc_port())});
  ASSERT_TRUE(wait_until(gate, within(seconds(30)), [&] {
    return gate.output().find(" of 2 runs finished") != std::string::npos;
  })) << gate.output();
  gate.signal(SIGINT);
  EXPECT_EQ(gate.wait(within(seconds(30))), 130) << gate.output();
  const std::string output = gate.output();
  ASSERT_THAT(output, StartsWith("job "));
  const std::string job_id = output.substr(4, output.find(':') - 4);
  EXPECT_NE(job_id, busy_job);
  EXPECT_EQ(daemon.api().finished_job(job_id, within(seconds(30))).outcome(), v1::OUTCOME_CANCELLED);
}

}  // namespace
}  // namespace tinyrig::test
