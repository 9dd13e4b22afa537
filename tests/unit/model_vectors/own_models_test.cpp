// The models of models/: bit-exact on every seed, and as small and as large as models/README.md promises.
#include <gtest/gtest.h>

#include <filesystem>

#include "server/model/pack.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

const std::filesystem::path kFolder = TINYRIG_OWN_MODELS;

class OwnModels : public testing::TestWithParam<const char*> {};

TEST_P(OwnModels, GiveTheOraclesOutput) {
  const std::string name = GetParam();
  const auto record = read_golden(kFolder / (name + ".json"));
  EXPECT_EQ(record.vectors.size(), 8U);
  check_against_golden(kFolder / (name + ".tflite"), kFolder / (name + ".json"));
}

INSTANTIATE_TEST_SUITE_P(All, OwnModels, testing::Values("digits", "vibration"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(OwnModelSizes, DigitsFitsABoardOf16KiBOfRam) {
  const auto packed = pack_tflite(read_bytes(kFolder / "digits.tflite"), packed::Core::kPortable);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->macs, 41'984U);
  EXPECT_LE(packed->arena_bytes, 3U << 10);
  EXPECT_LE(packed->image.size(), 20U << 10);
}

TEST(OwnModelSizes, VibrationFitsNoBoardOf16KiBOfRam) {
  const auto packed = pack_tflite(read_bytes(kFolder / "vibration.tflite"), packed::Core::kPortable);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->macs, 811'248U);
  EXPECT_GT(packed->arena_lower_bound_bytes, 16U << 10);
  EXPECT_LE(packed->arena_bytes, 32U << 10);
}

}  // namespace
}  // namespace tinyrig::model
