// Runs by the rules on a simulated board, their files, and what the checker says of them.
#include "server/dut/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/base/error.h"
#include "server/mlperf/audit.h"
#include "tests/support/dut/simulated_dut.h"
#include "tests/support/link/run_coroutine.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::dut {
namespace {

using mlperf::Benchmark;
using mlperf::Mode;
using mlperf::TempTree;
using test::DutOddities;
using test::SimulatedDut;
using testing::HasSubstr;

struct Board {
  std::string model = "kws01";
  std::size_t input_bytes = 490;
  double seconds_per_inference = 0.0433;
  SimulatedDut::Model compute = test::first_byte_of_twelve;
  DutOddities oddities;
};

class RunnerTest : public testing::Test {
 protected:
  absl::StatusOr<RunOutcome> run(const Board& board, const Dataset& dataset, RunOptions options = {}) {
    auto device = std::make_unique<SimulatedDut>(io_.get_executor(), board.model, board.input_bytes,
                                                 board.seconds_per_inference, board.compute, board.oddities);
    device_ = device.get();
    Runner* runner = nullptr;
    client_.emplace(std::move(device), [&runner](std::string_view line) {
      if (runner != nullptr) runner->on_line(line);
    });
    Runner made(*client_, dataset, [this](const std::string& text) { said_.push_back(text); });
    runner = &made;
    options.runner = "TinyRig test";
    return test::run(io_, made.run(options));
  }

  // 1000 words, one in twenty of them wrong.
  Dataset words(std::size_t count = 1000) {
    mlperf::Files files;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t label = i % 12;
      const std::string name = "tst_" + std::to_string(i) + "_Word_" + std::to_string(label) + ".bin";
      files[name] = std::string(490, static_cast<char>(i % 20 == 19 ? label + 1 : label));
      files["y_labels.csv"] += name + ",12," + std::to_string(label) + "\n";
    }
    return *read_dataset(tree_.add("kws01", files));
  }

  static std::string rules_of(const mlperf::RunReport& report) {
    std::string text;
    for (const mlperf::Finding& finding : report.findings) text += std::string(mlperf::text_of(finding.rule).id) + " ";
    return text;
  }

  // As `tinyrig mlperf check` sees the files.
  mlperf::RunReport audited(const RunFiles& files, const std::string& folder) {
    const auto report = mlperf::audit(tree_.add("closed/acme/results/board/" + folder, files));
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->runs[0] : mlperf::RunReport{};
  }

  TempTree tree_;
  boost::asio::io_context io_;
  SimulatedDut* device_ = nullptr;
  std::optional<DutClient> client_;
  std::vector<std::string> said_;
};

TEST_F(RunnerTest, PerformanceByTheRules) {
  const auto outcome = run({}, words(20));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->benchmark, Benchmark::kKws);
  EXPECT_EQ(outcome->report.verdict(), mlperf::Verdict::kValid) << rules_of(outcome->report);
  ASSERT_EQ(outcome->report.figures.size(), 1U);
  EXPECT_NEAR(*outcome->report.figures[0].claimed, 1 / 0.0433, 0.001);
  EXPECT_NEAR(*outcome->report.figures[0].recomputed, 1 / 0.0433, 1e-4);
  // Ten seconds and 3 %: 238 inferences of 43.3 ms, in each of five windows.
  const auto infers = std::ranges::count(device_->commands, "infer 238 1");
  EXPECT_EQ(infers, 5);
  const mlperf::RunReport report = audited(outcome->files, "kws/performance");
  EXPECT_EQ(report.verdict(), mlperf::Verdict::kValid) << rules_of(report);
  // Its ten seconds are over at once by the host's clock, which the checker notices.
  EXPECT_EQ(rules_of(report), "CLOCK_MISMATCH CLOCK_MISMATCH CLOCK_MISMATCH CLOCK_MISMATCH CLOCK_MISMATCH ");
  EXPECT_EQ(report.runner, mlperf::Runner::kEembc);  // its formats
}

TEST_F(RunnerTest, SlowBoardsTakeTenInferences) {
  Board board;
  board.seconds_per_inference = 2.5;
  const auto outcome = run(board, words(5));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->report.verdict(), mlperf::Verdict::kValid);
  EXPECT_EQ(std::ranges::count(device_->commands, "infer 10 1"), 5);
}

TEST_F(RunnerTest, ThirdPartysOddities) {
  Board board;
  DutOddities& odd = board.oddities;
  odd.partial_banner = odd.echoes = odd.talks = odd.interface_board = odd.trailing_comma = odd.narrow_clock = true;
  odd.deaf_names = 1;
  const auto outcome = run(board, words(5));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->report.verdict(), mlperf::Verdict::kValid) << rules_of(outcome->report);
}

TEST_F(RunnerTest, TooFewIterationsAreCalledInvalid) {
  RunOptions options;
  options.iterations = 20;
  const auto outcome = run({}, words(5), options);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->report.verdict(), mlperf::Verdict::kInvalid);
  EXPECT_THAT(rules_of(outcome->report), HasSubstr("WINDOW_TOO_SHORT"));
}

TEST_F(RunnerTest, EmulatedBoardsAndMadeUpInputsAreLabelled) {
  RunOptions options;
  options.emulated = true;
  const auto outcome = run({}, generated_dataset(), options);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->files.at("log.txt"), HasSubstr("m-emulated[no silicon"));
  EXPECT_EQ(rules_of(outcome->report), "BOARD_EMULATED INPUTS_MADE_UP ");
  EXPECT_EQ(rules_of(audited(outcome->files, "kws/performance")), "BOARD_EMULATED INPUTS_MADE_UP ");
}

TEST_F(RunnerTest, AccuracyOfAllInputs) {
  RunOptions options;
  options.mode = Mode::kAccuracy;
  const auto outcome = run({}, words(), options);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->report.verdict(), mlperf::Verdict::kValid) << rules_of(outcome->report);
  EXPECT_EQ(outcome->report.figures[0].name, "top-1");
  EXPECT_EQ(outcome->report.figures[0].claimed, 95.0);
  EXPECT_EQ(outcome->report.figures[0].recomputed, 95.0);
  EXPECT_EQ(rules_of(audited(outcome->files, "kws/accuracy")), "");
}

TEST_F(RunnerTest, AccuracyOfAPartIsInvalid) {
  RunOptions options;
  options.mode = Mode::kAccuracy;
  const auto outcome = run({}, words(40), options);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(rules_of(outcome->report), "INPUT_COUNT ");
}

// Two files of three windows, one odd: the mean of its windows decides.
TEST_F(RunnerTest, AnomalyDetectionInWindows) {
  mlperf::Files files;
  files["y_labels.csv"] = "normal_1.bin,2,0,2560,512\nanomaly_1.bin,2,1,2560,512\n";
  files["normal_1.bin"] = std::string(2560 + 2 * 512, '\x10');
  files["anomaly_1.bin"] = std::string(2560, '\x08') + std::string(2 * 512, '\x7f');
  const Dataset dataset = *read_dataset(tree_.add("ad01", files));
  Board board;
  board.model = "ad01";
  board.input_bytes = 2560;
  board.compute = [](const std::vector<std::uint8_t>& input) { return std::vector<double>{input.back() / 4.0}; };
  RunOptions options;
  options.mode = Mode::kAccuracy;
  const auto outcome = run(board, dataset, options);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(std::ranges::count(device_->commands, "infer 1 0"), 6);
  EXPECT_EQ(outcome->report.figures[0].name, "AUC");
  EXPECT_EQ(outcome->report.figures[0].claimed, 1.0);
  EXPECT_EQ(rules_of(outcome->report), "INPUT_COUNT ");
}

TEST_F(RunnerTest, WhatCannotBeRun) {
  Board board;
  board.model = "mine";
  EXPECT_EQ(reason_of(run(board, words(5)).status()), "NOT_RUNNABLE");
  RunOptions options;
  options.mode = Mode::kAccuracy;
  EXPECT_EQ(reason_of(run({}, generated_dataset(), options).status()), "NOT_RUNNABLE");
  EXPECT_EQ(reason_of(run({}, words(4)).status()), "NOT_RUNNABLE");
  board.model = "kws01";
  board.oddities.energy_build = true;
  EXPECT_EQ(reason_of(run(board, words(5)).status()), "DUT_PROTOCOL");
}

TEST_F(RunnerTest, ABoardThatDiesEndsTheRun) {
  Board board;
  board.oddities.silent_after = 40;
  EXPECT_EQ(reason_of(run(board, words(5)).status()), "DUT_SILENT");
}

}  // namespace
}  // namespace tinyrig::dut
