// Every model of tests/vectors/bad is refused with its reason, and with a message that says what and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/base/error.h"
#include "server/model/pack.h"
#include "tests/unit/model/golden_record.h"

namespace tinyrig::model {
namespace {

struct BadModel {
  std::string file;
  std::string reason;
  std::vector<std::string> message_parts;
};
void PrintTo(const BadModel& model, std::ostream* out) { *out << model.file; }

// expected.tsv: file, reason, and parts of the message separated by '|'.
std::vector<BadModel> bad_models() {
  std::vector<BadModel> models;
  std::ifstream table(std::filesystem::path(TINYRIG_BAD_VECTORS) / "expected.tsv");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    BadModel model;
    std::string parts;
    std::getline(fields, model.file, '\t');
    std::getline(fields, model.reason, '\t');
    std::getline(fields, parts);
    std::istringstream split(parts);
    for (std::string part; std::getline(split, part, '|');) model.message_parts.push_back(part);
    models.push_back(model);
  }
  return models;
}

TEST(BadModels, AreListedAndAllThere) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TINYRIG_BAD_VECTORS)) {
    files += entry.path().extension() == ".tflite" ? 1U : 0U;
  }
  EXPECT_EQ(files, bad_models().size());
  EXPECT_GE(files, 40U);
}

class BadModels : public testing::TestWithParam<BadModel> {};

TEST_P(BadModels, AreRefusedWithReasonAndPlace) {
  const BadModel& expected = GetParam();
  const auto packed =
      pack_tflite(read_bytes(std::filesystem::path(TINYRIG_BAD_VECTORS) / expected.file), packed::Core::kPortable);
  ASSERT_FALSE(packed.ok()) << "it was accepted";
  EXPECT_EQ(reason_of(packed.status()), expected.reason) << packed.status();
  EXPECT_EQ(packed.status().code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& part : expected.message_parts) {
    EXPECT_THAT(std::string(packed.status().message()), testing::HasSubstr(part));
  }
}

INSTANTIATE_TEST_SUITE_P(All, BadModels, testing::ValuesIn(bad_models()), [](const auto& instance) {
  return std::filesystem::path(instance.param.file).stem().string();
});

}  // namespace
}  // namespace tinyrig::model
