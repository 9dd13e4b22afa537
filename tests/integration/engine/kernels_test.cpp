// Every kernel of every core against the portable ones, on that core, in QEMU; and that such a comparison can
// fail.
#include <gtest/gtest.h>

#include <iostream>

#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/kernels/differential.h"
#include "tests/support/kernels/measured.h"
#include "tests/support/model/random_operator.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::test {
namespace {

constexpr std::chrono::seconds kPatience{120};

class OnBoard : public testing::TestWithParam<const char*> {
 protected:
  KernelBoard board_ = load_kernel_board(GetParam()).value();
};

TEST_P(OnBoard, CoreKernelsGiveTheBytesOfThePortableOnes) {
  constexpr std::uint32_t kFirstSeed = 1'000'001, kCases = 24;
  for (const std::string_view name : random_operator_names()) {
    const auto compared = compare_kernels(board_, name, kFirstSeed, kCases);
    ASSERT_TRUE(compared.ok()) << compared.status().message();
    EXPECT_EQ(compared->cases, kCases);
    for (const std::string& mismatch : compared->mismatches) ADD_FAILURE() << mismatch;
    std::cout << name << ": seeds from " << kFirstSeed << ", " << compared->cases << " cases, "
              << compared->with_core_kernels << " with the core's kernels\n";
  }
}

// One per core. The netduinoplus2 has that of the mps2-an386.
INSTANTIATE_TEST_SUITE_P(Cores, OnBoard,
                         testing::Values("microbit", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547",
                                         "rv32-virt"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

// One weight of 5 inputs to 3 outputs can be chosen.
model::PackedModel small_model(std::int8_t last_weight) {
  TfliteBuilder builder;
  const int input = builder.input({1, 5}, 0.1F, 3);
  std::vector<std::int8_t> weights(15, 9);
  weights.back() = last_weight;
  const int output = builder.tensor({1, 3}, 0.1F, -2);
  builder.add(model::OperatorCode::kFullyConnected, {input, builder.constant({3, 5}, weights, {0.05F})}, {output});
  builder.output(output);
  return model::pack_tflite(builder.build(), packed::Core::kPortable).value();
}

class Comparing : public testing::Test {
 protected:
  std::vector<std::string> run(const std::vector<std::byte>& reference, const std::vector<std::byte>& image,
                               std::uint32_t output_fnv1a32) {
    KernelJob job(kernels_test::JobKind::kCompare);
    kernels_test::Case test;
    test.first_input_seed = 1;
    test.input_seeds = 2;
    test.id = 4711;
    test.output_fnv1a32 = output_fnv1a32;
    job.add(test, image, reference);
    const auto output = run_job(board_, job, kPatience);
    EXPECT_TRUE(output.ok()) << output.status().message();
    return output.ok() ? output->lines : std::vector<std::string>();
  }

  KernelBoard board_ = load_kernel_board("mps2-an386").value();
  model::PackedModel model_ = small_model(100);
  model::ReferenceRun expected_ = model::reference_run(model_.image, 1).value();
};

TEST_F(Comparing, IsSilentWhenAllIsWell) {
  const auto lines = run(model_.image, model_.image, expected_.output_fnv1a32);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "start board=mps2-an386 core=3 hz=25000000 reset=1");
  EXPECT_EQ(lines[1], "end cases=1 mismatches=0");
}

TEST_F(Comparing, TellsTheFirstByteThatDiffers) {
  const model::PackedModel other = small_model(-100);
  const model::ReferenceRun got = model::reference_run(other.image, 1).value();
  ASSERT_NE(got.output[2], expected_.output[2]);
  const auto lines = run(model_.image, other.image, expected_.output_fnv1a32);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "mismatch id=4711 what=output seed=1 byte=2 reference=" +
                          std::to_string(std::to_integer<int>(expected_.output[2])) +
                          " image=" + std::to_string(std::to_integer<int>(got.output[2])));
  EXPECT_EQ(lines[2], "end cases=1 mismatches=1");
}

TEST_F(Comparing, HoldsTheReferenceAgainstTheHost) {
  const auto lines = run(model_.image, model_.image, expected_.output_fnv1a32 + 1);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "mismatch id=4711 what=reference_output");
}

TEST_F(Comparing, TellsOfARefusedImage) {
  std::vector<std::byte> damaged = model_.image;
  damaged.back() ^= std::byte{1};
  const auto lines = run(model_.image, damaged, expected_.output_fnv1a32);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "mismatch id=4711 what=refused error=1");
}

TEST(Measuring, CountsTheSameInstructionsEveryTime) {
  const KernelBoard board = load_kernel_board("mps2-an386").value();
  const model::PackedModel model = small_model(100);
  const auto first = measure_image(board, model.image, 1, 2);
  ASSERT_TRUE(first.ok()) << first.status().message();
  const auto second = measure_image(board, model.image, 1, 2);
  ASSERT_TRUE(second.ok()) << second.status().message();
  ASSERT_EQ(first->runs.size(), 2U);
  EXPECT_EQ(first->arena_bytes, model.arena_bytes);
  EXPECT_EQ(first->runs[0].output_fnv1a32, model::reference_run(model.image, 1)->output_fnv1a32);
  EXPECT_EQ(first->runs[1].output_fnv1a32, model::reference_run(model.image, 2)->output_fnv1a32);
  EXPECT_EQ(first->runs[0].instructions, second->runs[0].instructions);
  // 15 multiplications; far less would mean that the window misses the work.
  EXPECT_GT(first->runs[0].instructions, 15U * 3U);
  EXPECT_LT(first->runs[0].instructions, 2000U);
  ASSERT_EQ(first->operators.size(), 1U);
  EXPECT_EQ(first->operators[0].output_fnv1a32, first->runs[0].output_fnv1a32);
  EXPECT_LE(first->operators[0].instructions, first->profiled_instructions);
}

TEST(Measuring, TheWindowsOfQemusOwnCountAreThoseOfTheTimer) {
  // A pointwise convolution of 64 channels: of 4096 products for each of 4 pixels.
  TfliteBuilder builder;
  const int input = builder.input({1, 2, 2, 64}, 0.1F, 3);
  const int output = builder.tensor({1, 2, 2, 64}, 0.1F, 3);
  const std::vector<std::int8_t> weights(64 * 64, 9);
  tflite::Conv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  builder.add(model::OperatorCode::kConv2d, {input, builder.constant({64, 1, 1, 64}, weights, {0.001F})}, {output},
              options);
  builder.output(output);
  for (const char* id : {"mps2-an386", "mps3-an547"}) {
    const KernelBoard board = load_kernel_board(id).value();
    const auto model = model::pack_tflite(builder.build(), board.core).value();
    const auto measured = measure_image(board, model.image, 1, 2, true);
    ASSERT_TRUE(measured.ok()) << measured.status().message();
    ASSERT_EQ(measured->windows.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      const WindowCounts& window = measured->windows[i];
      EXPECT_GE(window.instructions, measured->runs[i].instructions) << id;
      EXPECT_LE(window.instructions, measured->runs[i].instructions + 64) << id;
      // Each weight is loaded at least once, each output stored once.
      EXPECT_GE(window.words_loaded, weights.size() / 4) << id;
      EXPECT_LE(window.words_loaded, weights.size() * 8) << id;
      EXPECT_GE(window.words_stored, 4U * 64U / 4U) << id;
      if (board.core == packed::Core::kCortexM55) {
        EXPECT_GE(window.vector, weights.size() * 4 / 16) << id;  // 16 products in one instruction
        EXPECT_LT(window.vector, window.instructions) << id;
      } else {
        EXPECT_EQ(window.vector, 0U) << id;
      }
    }
  }
}

TEST(Measuring, SaysWhatDoesNotFit) {
  const KernelBoard board = load_kernel_board("microbit").value();
  TfliteBuilder builder;
  const int input = builder.input({1, 64, 64, 8}, 0.1F, 3);
  const int output = builder.tensor({1, 64, 64, 8}, 0.1F, 3);
  builder.add(model::OperatorCode::kRelu, {input}, {output});
  builder.output(output);
  const auto model = model::pack_tflite(builder.build(), packed::Core::kPortable).value();
  const auto measured = measure_image(board, model.image, 1, 1);
  ASSERT_FALSE(measured.ok());
  EXPECT_EQ(measured.status().code(), absl::StatusCode::kResourceExhausted) << measured.status().message();
}

}  // namespace
}  // namespace tinyrig::test
