// Vectors beside the committed ones: TINYRIG_EXTRA_VECTORS_DIR may name a folder that
// tests/vectors/make_random_vectors.py filled; unset, there are none. And whether the committed ones leave out an
// operator.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "server/model/graph.h"
#include "server/model/pack.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

std::vector<std::filesystem::path> models_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".tflite") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::filesystem::path> extra_models() {
  const char* folder = std::getenv("TINYRIG_EXTRA_VECTORS_DIR");
  return folder == nullptr ? std::vector<std::filesystem::path>() : models_in(folder);
}

class ExtraVectors : public testing::TestWithParam<std::filesystem::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ExtraVectors);

TEST_P(ExtraVectors, GiveTheOraclesOutput) {
  check_against_golden(GetParam(), std::filesystem::path(GetParam()).replace_extension(".json"));
}

INSTANTIATE_TEST_SUITE_P(All, ExtraVectors, testing::ValuesIn(extra_models()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(OperatorVectorCoverage, EveryOperatorOfTheEngineHasAVector) {
  std::set<std::string> kinds;
  for (const auto& file : models_in(TINYRIG_OPERATOR_VECTORS)) {
    const auto packed = pack_tflite(read_bytes(file), packed::Core::kPortable);
    ASSERT_TRUE(packed.ok()) << file << ": " << packed.status();
    for (const OperatorInfo& op : packed->operators) kinds.insert(op.kind);
  }
  for (std::int32_t code = 0; code < 256; ++code) {
    if (!is_supported(code)) continue;
    EXPECT_EQ(kinds.count(operator_name(code)), 1U) << operator_name(code) << " has no vector";
  }
}

}  // namespace
}  // namespace tinyrig::model
