// The four reference models of MLPerf Tiny: every golden seed, every operator's output, and the arena.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "server/model/pack.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

struct ReferenceModel {
  const char* name;
  std::uint64_t macs;
  std::uint32_t live_set_bytes;  // inputs, outputs and other live tensors of the largest operator
  std::size_t operators;
};
void PrintTo(const ReferenceModel& model, std::ostream* out) { *out << model.name; }

class ReferenceModels : public testing::TestWithParam<ReferenceModel> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("TINYRIG_REFERENCE_DIR");
    if (folder == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
    models_ = std::filesystem::path(folder) / "models";
  }
  std::filesystem::path models_;
};

TEST_P(ReferenceModels, GiveTheGoldenOutputOfEveryOperator) {
  const std::string name = GetParam().name;
  check_against_golden(models_ / (name + ".tflite"), models_ / "golden" / (name + ".json"));
}

TEST_P(ReferenceModels, FitIntoTheArenaTarget) {
  const std::string name = GetParam().name;
  const auto packed = pack_tflite(read_bytes(models_ / (name + ".tflite")), packed::Core::kPortable);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->macs, GetParam().macs);
  EXPECT_EQ(packed->operators.size(), GetParam().operators);
  EXPECT_EQ(packed->live_set_bytes, GetParam().live_set_bytes);
  EXPECT_LE(packed->arena_lower_bound_bytes, packed->live_set_bytes);
  EXPECT_GE(packed->arena_bytes, packed->arena_lower_bound_bytes);
  EXPECT_LE(packed->arena_bytes, packed->live_set_bytes + packed->live_set_bytes / 10 + 2048);
  RecordProperty("arena_bytes", static_cast<int>(packed->arena_bytes));
}

INSTANTIATE_TEST_SUITE_P(MlperfTiny, ReferenceModels,
                         testing::Values(ReferenceModel{"kws", 2'656'768, 16'000, 13},
                                         ReferenceModel{"vww", 7'489'664, 55'296, 31},
                                         ReferenceModel{"ic", 12'501'632, 49'152, 16},
                                         ReferenceModel{"ad", 264'192, 768, 10}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace tinyrig::model
