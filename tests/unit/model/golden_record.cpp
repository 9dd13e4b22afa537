#include "tests/unit/model/golden_record.h"

#include <gtest/gtest.h>

#include "server/model/pack.h"
#include "server/model/reference_run.h"

namespace tinyrig::model {
void check_against_golden(const std::filesystem::path& model, const std::filesystem::path& record) {
  SCOPED_TRACE(model.filename().string());
  const GoldenRecord golden = read_golden(record);
  const absl::StatusOr<PackedModel> packed = pack_tflite(read_bytes(model), packed::Core::kPortable);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->sha256, golden.model_sha256);
  ASSERT_FALSE(golden.vectors.empty());
  for (const GoldenVector& vector : golden.vectors) {
    SCOPED_TRACE("seed " + std::to_string(vector.seed));
    const absl::StatusOr<ReferenceRun> run = reference_run(packed->image, vector.seed);
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_EQ(run->input_fnv1a32, vector.input_fnv1a32);
    ASSERT_EQ(run->operator_fnv1a32.size(), vector.operator_fnv1a32.size());
    for (std::size_t i = 0; i < vector.operator_fnv1a32.size(); ++i) {
      EXPECT_EQ(run->operator_fnv1a32[i], vector.operator_fnv1a32[i])
          << "operator " << i << " " << packed->operators[i].kind << " " << packed->operators[i].shape;
    }
    EXPECT_EQ(run->output_fnv1a32, vector.output_fnv1a32);
    if (!vector.output.empty()) {
      const auto* output = reinterpret_cast<const std::int8_t*>(run->output.data());
      EXPECT_EQ(std::vector<std::int8_t>(output, output + run->output.size()), vector.output);
    }
  }
}

}  // namespace tinyrig::model
