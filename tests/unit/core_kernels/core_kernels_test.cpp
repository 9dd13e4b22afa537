// Models packed for one core (TINYRIG_TESTED_CORE) give what the portable kernels give, operator by operator.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "server/model/layout.h"
#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/model/random_model.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

packed::Core tested_core() {
  packed::Core core = packed::Core::kPortable;
  EXPECT_TRUE(parse_core(TINYRIG_TESTED_CORE, core));
  return core;
}

std::vector<std::filesystem::path> models_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".tflite") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Returns the names of the kernels that ran.
std::set<std::string> expect_same(const std::vector<std::uint8_t>& file, std::uint32_t seed) {
  std::set<std::string> kernels;
  const absl::StatusOr<PackedModel> packed = pack_tflite(file, tested_core());
  EXPECT_TRUE(packed.ok()) << packed.status();
  if (!packed.ok()) return kernels;
  for (const OperatorInfo& op : packed->operators) kernels.insert(op.kernel);
  const absl::StatusOr<ReferenceRun> portable = reference_run(packed->reference_image(), seed);
  const absl::StatusOr<ReferenceRun> run = reference_run(packed->image, seed);
  EXPECT_TRUE(portable.ok()) << portable.status();
  EXPECT_TRUE(run.ok()) << run.status();
  if (!portable.ok() || !run.ok()) return kernels;
  EXPECT_EQ(run->output, portable->output);
  for (std::size_t i = 0; i < portable->operator_fnv1a32.size(); ++i) {
    EXPECT_EQ(run->operator_fnv1a32[i], portable->operator_fnv1a32[i])
        << "operator " << i << " " << packed->operators[i].kind << " " << packed->operators[i].shape << " by "
        << packed->operators[i].kernel;
  }
  return kernels;
}

TEST(CoreKernels, OperatorVectors) {
  std::set<std::string> kernels;
  for (const auto& path : models_in(TINYRIG_OPERATOR_VECTORS)) {
    SCOPED_TRACE(path.filename());
    kernels.merge(expect_same(read_bytes(path), 1));
  }
  EXPECT_GT(kernels.size(), 1U) << "no kernel of the core ran";
}

TEST(CoreKernels, OwnModels) {
  for (const auto& path : models_in(TINYRIG_OWN_MODELS)) {
    SCOPED_TRACE(path.filename());
    EXPECT_GT(expect_same(read_bytes(path), 1).size(), 1U) << "no kernel of the core ran";
  }
}

TEST(CoreKernels, RandomModels) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "model of seed " << seed);
    expect_same(test::random_model(seed), seed);
  }
}

TEST(CoreKernels, ReferenceModelsGiveTheGoldenOutputs) {
  const char* reference = std::getenv("TINYRIG_REFERENCE_DIR");
  if (reference == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
  for (const auto& path : models_in(std::filesystem::path(reference) / "models")) {
    SCOPED_TRACE(path.filename());
    const absl::StatusOr<PackedModel> packed = pack_tflite(read_bytes(path), tested_core());
    ASSERT_TRUE(packed.ok()) << packed.status();
    const GoldenRecord golden = read_golden(path.parent_path() / "golden" / (path.stem().string() + ".json"));
    for (const GoldenVector& vector : golden.vectors) {
      const absl::StatusOr<ReferenceRun> run = reference_run(packed->image, vector.seed);
      ASSERT_TRUE(run.ok()) << run.status();
      EXPECT_EQ(run->output_fnv1a32, vector.output_fnv1a32) << "seed " << vector.seed;
      EXPECT_EQ(run->operator_fnv1a32, vector.operator_fnv1a32) << "seed " << vector.seed;
    }
  }
}

}  // namespace
}  // namespace tinyrig::model
