// Every model of tests/vectors/operators against the outputs of TensorFlow Lite Micro's reference kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

std::vector<std::string> vector_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TINYRIG_OPERATOR_VECTORS)) {
    if (entry.path().extension() == ".tflite") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST(OperatorVectors, AreThere) { EXPECT_GE(vector_names().size(), 60U); }

class OperatorVectors : public testing::TestWithParam<std::string> {};

TEST_P(OperatorVectors, GiveTheOraclesOutput) {
  const std::filesystem::path folder = TINYRIG_OPERATOR_VECTORS;
  check_against_golden(folder / (GetParam() + ".tflite"), folder / (GetParam() + ".json"));
}

INSTANTIATE_TEST_SUITE_P(All, OperatorVectors, testing::ValuesIn(vector_names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace tinyrig::model
