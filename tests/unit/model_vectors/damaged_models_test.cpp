// Good files, damaged: every prefix, and every byte changed. Refused, or accepted and then sound; never a crash
// (the sanitizers watch) and never an error without a reason.
#include <gtest/gtest.h>

#include <filesystem>

#include "server/base/error.h"
#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

std::vector<std::uint8_t> good_file(const char* name) {
  return read_bytes(std::filesystem::path(TINYRIG_OPERATOR_VECTORS) / name);
}

void expect_reason(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(reason_of(status), "") << status;
}

TEST(DamagedModels, NoPrefixIsAccepted) {
  const std::vector<std::uint8_t> whole = good_file("graph_residual.tflite");
  ASSERT_TRUE(pack_tflite(whole, packed::Core::kPortable).ok());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto packed = pack_tflite(std::span(whole).first(length), packed::Core::kPortable);
    ASSERT_FALSE(packed.ok()) << length << " bytes of " << whole.size();
    expect_reason(packed.status());
  }
}

class DamagedByte : public testing::TestWithParam<const char*> {};

TEST_P(DamagedByte, IsRefusedOrStillSound) {
  const std::vector<std::uint8_t> whole = good_file(GetParam());
  std::size_t accepted = 0, refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::vector<std::uint8_t> damaged = whole;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ flip);
      const auto packed = pack_tflite(damaged, packed::Core::kPortable);
      if (!packed.ok()) {
        ++refused;
        expect_reason(packed.status());
        continue;
      }
      ++accepted;  // a weight, a scale, a name: another model, but one that must run or be refused by its size
      const auto run = reference_run(packed->image, 1, 10'000'000);
      if (!run.ok()) {
        EXPECT_EQ(run.status().code(), absl::StatusCode::kResourceExhausted)
            << "the server packed what the engine refuses, byte " << at << " ^ " << flip << ": " << run.status();
      }
    }
  }
  EXPECT_GT(accepted, 0U);
  EXPECT_GT(refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedByte,
                         testing::Values("conv_2d_same.tflite", "graph_two_inputs_three_outputs.tflite",
                                         "transpose_conv_stride_2_odd.tflite", "strided_slice_negative_stride.tflite",
                                         "mean_hw_keep_dims.tflite", "split_channels_3.tflite", "hard_swish.tflite",
                                         "resize_nearest_odd.tflite", "pad_height_width.tflite",
                                         "average_pool_same_odd.tflite", "softmax.tflite",
                                         "add_broadcast_channel.tflite", "fully_connected_per_channel.tflite",
                                         "dequantize_quantize.tflite"),
                         [](const auto& instance) { return std::filesystem::path(instance.param).stem().string(); });

}  // namespace
}  // namespace tinyrig::model
