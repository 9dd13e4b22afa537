// Sums that random models of a small arena do not reach: more cells than fit in narrow lanes, all at an end of int8.
#include <gtest/gtest.h>

#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/kernels/measured.h"
#include "tests/support/model/tflite_builder.h"

namespace tinyrig::test {
namespace {

class LargeSums : public testing::TestWithParam<const char*> {
 protected:
  void expect_as_reference(const TfliteBuilder& builder) {
    const KernelBoard board = load_kernel_board(GetParam()).value();
    const model::PackedModel packed = model::pack_tflite(builder.build(), board.core).value();
    const auto measured = measure_image(board, packed.image, 1, 1);
    ASSERT_TRUE(measured.ok()) << measured.status().message();
    const auto reference = model::reference_run(packed.reference_image(), 1);
    ASSERT_TRUE(reference.ok());
    ASSERT_EQ(measured->operators.size(), reference->operator_fnv1a32.size());
    for (std::size_t i = 0; i < measured->operators.size(); ++i) {
      EXPECT_EQ(measured->operators[i].output_fnv1a32, reference->operator_fnv1a32[i])
          << "operator " << i << ", " << packed.operators[i].kernel;
    }
    last_output_ = reference->output;
  }

  std::vector<std::byte> last_output_;
};

// 20x20 cells of 127 and of -128: 50800 and -51200, beyond int16.
TEST_P(LargeSums, AverageOfFourHundredCells) {
  TfliteBuilder builder;
  const int in = builder.input({1, 20, 20, 1}, 0.5F);
  const std::vector<std::int8_t> zeros(9, 0);
  const int weights = builder.constant({9, 1, 1, 1}, zeros, {0.5F});
  const int bias = builder.constant({9999, -9999, 9999, -9999, 0, 9999, -9999, 4, 9999});
  const int filled = builder.tensor({1, 20, 20, 9}, 1.0F);
  const int out = builder.tensor({1, 1, 1, 9}, 1.0F);
  tflite::Conv2DOptionsT conv;
  conv.stride_h = conv.stride_w = 1;
  builder.add(model::OperatorCode::kConv2d, {in, weights, bias}, {filled}, conv);
  tflite::Pool2DOptionsT pool;
  pool.padding = tflite::Padding::VALID;
  pool.filter_h = pool.filter_w = 20;
  pool.stride_h = pool.stride_w = 1;
  builder.add(model::OperatorCode::kAveragePool2d, {filled}, {out}, pool);
  builder.output(out);
  expect_as_reference(builder);
  const std::vector<std::int8_t> expected = {127, -128, 127, -128, 0, 127, -128, 1, 127};
  ASSERT_EQ(last_output_.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(static_cast<std::int8_t>(last_output_[i]), expected[i]);
}

INSTANTIATE_TEST_SUITE_P(Cores, LargeSums, testing::Values("mps2-an386", "mps3-an547", "rv32-virt"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace tinyrig::test
