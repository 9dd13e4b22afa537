#include <gtest/gtest.h>

#include <algorithm>

#include "server/model/parse_tflite.h"
#include "tests/bench/engine/baseline.h"
#include "tests/bench/engine/report.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::bench {
namespace {

TEST(Budget, CountsWeightsBiasesAndChannelsOnce) {
  test::TfliteBuilder builder;
  const int input = builder.input({1, 2, 2, 3}, 0.1F, 0);
  const std::vector<std::int8_t> weights(2 * 3, 1), depthwise(9 * 2, 1);
  const int shared = builder.constant({2, 1, 1, 3}, weights);
  const int bias = builder.constant({5, 6});
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  std::vector<int> middle;
  for (int i = 0; i < 2; ++i) {  // two convolutions with the same constants
    middle.push_back(builder.tensor({1, 2, 2, 2}, 0.1F, 0));
    builder.add(model::OperatorCode::kConv2d, {input, shared, bias}, {middle.back()}, options);
  }
  const int output = builder.tensor({1, 2, 2, 2}, 0.1F, 0);
  tflite::DepthwiseConv2DOptionsT depthwise_options;
  depthwise_options.stride_h = depthwise_options.stride_w = depthwise_options.depth_multiplier = 1;
  builder.add(model::OperatorCode::kDepthwiseConv2d, {middle[0], builder.constant({1, 3, 3, 2}, depthwise, {0.05F}, 3)},
              {output}, depthwise_options);
  builder.output(output);
  builder.output(middle[1]);
  const auto graph = model::parse_tflite(builder.build());
  ASSERT_TRUE(graph.ok()) << graph.status();
  // 6 + 2 * 4 + 18 bytes; 2 + 2 + 2 channels.
  EXPECT_DOUBLE_EQ(packed_bytes_budget(*graph), 1.15 * 32 + 12 * 6 + 4096);
}

TEST(Budget, OfTheArena) { EXPECT_DOUBLE_EQ(arena_bytes_budget(16000), 17600 + 2048); }

TEST(BaselineFile, HasTheReferenceModelsOnEveryCoreButTheSmallest) {
  const auto baseline = read_baseline(TINYRIG_BASELINE);
  ASSERT_TRUE(baseline.ok()) << baseline.status();
  EXPECT_EQ(baseline->size(), 20U);
  EXPECT_EQ(baseline->at({"cortex-m4", "kws"}).instructions, 7696911U);
  EXPECT_EQ(baseline->at({"cortex-m55", "ad"}).arena_bytes, 9268U);
  EXPECT_EQ(baseline->at({"rv32imac", "vww"}).instructions, 114107018U);
  EXPECT_EQ(baseline->at({"rv32imac", "vww"}).operator_instructions.size(), 31U);
  EXPECT_EQ(baseline->at({"cortex-m33", "ad"}).operator_instructions[1], 37554U);
  // Apart from the interpreter's own, an inference is its operators.
  for (const auto& [name, row] : *baseline) {
    double sum = 0;
    for (const std::uint64_t instructions : row.operator_instructions) sum += static_cast<double>(instructions);
    EXPECT_NEAR(sum / static_cast<double>(row.instructions), 1.0, 5e-4) << name.first << " " << name.second;
  }
}

TEST(BaselineFile, SaysWhatIsWrong) {
  const auto missing = read_baseline("/nowhere/baseline.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.status().message().find("/nowhere/baseline.json"), std::string::npos);
}

Row row(const std::string& core, const std::string& model, std::uint64_t instructions) {
  Row made;
  made.board = "board-of-" + core;
  made.core = core;
  made.model = model;
  made.macs = 100;
  made.instructions = instructions;
  made.arena_bytes = 900;
  made.arena_budget = 1000;
  made.packed_bytes = 2000;
  made.packed_budget = 1999;
  return made;
}

const Result* find(const std::vector<Result>& results, const std::string& metric) {
  const auto found = std::ranges::find(results, metric, &Result::metric);
  return found == results.end() ? nullptr : &*found;
}

TEST(Results, RatiosToTheBaselineWithTheTargetsOfTheCore) {
  Report report;
  Row fast = row("cortex-m4", "fast", 400), slow = row("cortex-m4", "slow", 900);
  fast.baseline_instructions = slow.baseline_instructions = 1000;
  fast.baseline_arena_bytes = slow.baseline_arena_bytes = 1000;
  fast.profiling_overhead = 0.006;
  fast.operators = {{"CONV_2D", "dsp", "1x1", 90, 300, 1200}, {"RESHAPE", "portable", "1", 0, 10, std::nullopt}};
  report.add(fast);
  report.add(slow);
  report.add_agent("board-of-cortex-m4", {.static_ram_bytes = 6000, .stack_bytes = 145, .flash_bytes = 65536});
  const std::vector<Result> results = report.results();
  const auto expect = [&](const std::string& metric, double value, std::optional<double> target, bool met) {
    const Result* result = find(results, metric);
    ASSERT_NE(result, nullptr) << metric;
    EXPECT_NEAR(result->value, value, 1e-9) << metric;
    EXPECT_EQ(result->target, target) << metric;
    EXPECT_EQ(result->met(), met) << metric;
  };
  expect("instructions/fast/board-of-cortex-m4", 400, std::nullopt, true);
  expect("instructions_per_mac/fast/board-of-cortex-m4", 4, std::nullopt, true);
  expect("ratio/fast/board-of-cortex-m4", 0.4, 0.65, true);
  expect("ratio/slow/board-of-cortex-m4", 0.9, 0.65, false);
  expect("geomean_ratio/board-of-cortex-m4", 0.6, 0.5, false);  // the root of 0.4 * 0.9
  expect("geomean_arena_ratio/board-of-cortex-m4", 0.9, 0.8, false);
  expect("arena_bytes/fast/board-of-cortex-m4", 900, 1000, true);
  expect("packed_bytes/fast/board-of-cortex-m4", 2000, 1999, false);
  expect("profiling_overhead/fast/board-of-cortex-m4", 0.006, 0.005, false);
  expect("operator_instructions/fast/board-of-cortex-m4/0_CONV_2D", 300, std::nullopt, true);
  expect("operator_ratio/fast/board-of-cortex-m4/0_CONV_2D", 0.25, std::nullopt, true);
  expect("operator_instructions/fast/board-of-cortex-m4/1_RESHAPE", 10, std::nullopt, true);
  EXPECT_EQ(find(results, "operator_ratio/fast/board-of-cortex-m4/1_RESHAPE"), nullptr);
  expect("agent_flash_bytes/board-of-cortex-m4", 65536, 65536, true);
  expect("agent_ram_bytes/board-of-cortex-m4", 6145, 6144, false);
}

TEST(Results, WithoutABaselineTheCoreIsHeldAgainstPortableKernels) {
  Report report;
  Row small = row("cortex-m0", "digits", 450), other = row("cortex-m4", "digits", 450);
  small.portable_instructions = other.portable_instructions = 1000;
  report.add(small);
  report.add(other);
  const std::vector<Result> results = report.results();
  const Result* counted = find(results, "ratio/digits/board-of-cortex-m0");
  ASSERT_NE(counted, nullptr);
  EXPECT_DOUBLE_EQ(counted->value, 0.45);
  EXPECT_EQ(counted->target, 0.5);
  EXPECT_NE(find(results, "geomean_ratio/board-of-cortex-m0"), nullptr);
  const Result* told = find(results, "ratio_to_portable/digits/board-of-cortex-m4");
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->target, std::nullopt);
  EXPECT_EQ(find(results, "geomean_ratio/board-of-cortex-m4"), nullptr);
}

}  // namespace
}  // namespace tinyrig::bench
