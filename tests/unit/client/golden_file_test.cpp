#include "client/golden_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tinyrig::client {
namespace {

std::string message_of(const std::string& json) { return std::string(parse_golden(json).status().message()); }

TEST(GoldenFile, SeedsAndHashes) {
  const auto expected = parse_golden(R"({"model": "m", "vectors": [
      {"seed": 1, "output_fnv1a32": "8e56e000", "op_output_fnv1a32": ["34311911", "0000000f"], "output": [-128]},
      {"seed": 4294967295, "output_fnv1a32": "F"}]})");
  ASSERT_TRUE(expected.ok()) << expected.status();
  ASSERT_EQ(expected->size(), 2U);
  EXPECT_EQ((*expected)[0].seed(), 1U);
  EXPECT_EQ((*expected)[0].output_fnv1a32(), 0x8e56e000U);
  EXPECT_EQ((*expected)[0].operator_fnv1a32(1), 15U);
  EXPECT_EQ((*expected)[1].seed(), 4294967295U);
  EXPECT_EQ((*expected)[1].output_fnv1a32(), 15U);
}

TEST(GoldenFile, SaysWhatIsWrongWhere) {
  EXPECT_NE(message_of("").find("JSON"), std::string::npos);
  EXPECT_NE(message_of("[1]").find("JSON"), std::string::npos);
  EXPECT_NE(message_of("{}").find("vectors"), std::string::npos);
  EXPECT_NE(message_of(R"({"vectors": 7})").find("vectors"), std::string::npos);
  EXPECT_NE(message_of(R"({"vectors": [7]})").find("vector 0 has no seed"), std::string::npos);
  for (const char* seed : {"0", "-1", "1.5", "4294967296", "\"1\"", "null"}) {
    const std::string json = std::string(R"({"vectors": [{"output_fnv1a32": "0", "seed": )") + seed + "}]}";
    EXPECT_NE(message_of(json).find("seed"), std::string::npos) << seed;
  }
  for (const char* hash : {"\"\"", "\"xyz\"", "\"123456789\"", "7", "\"0x12\"", "\"-1\""}) {
    const std::string json = std::string(R"({"vectors": [{"seed": 1, "output_fnv1a32": )") + hash + "}]}";
    EXPECT_NE(message_of(json).find("output_fnv1a32"), std::string::npos) << hash;
  }
  EXPECT_NE(message_of(R"({"vectors": [{"seed": 1, "output_fnv1a32": "1"},
                                       {"seed": 2, "output_fnv1a32": "1", "op_output_fnv1a32": ["x"]}]})")
                .find("vector 1"),
            std::string::npos);
}

TEST(GoldenFile, ReferenceFilesParse) {
  const char* folder = std::getenv("TINYRIG_REFERENCE_DIR");
  if (folder == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
  for (const char* name : {"ad", "ic", "kws", "vww"}) {
    const auto path = std::filesystem::path(folder) / "models/golden" / (std::string(name) + ".json");
    std::ifstream file(path);
    ASSERT_TRUE(file.good()) << path;
    const auto expected = parse_golden({std::istreambuf_iterator<char>(file), {}});
    ASSERT_TRUE(expected.ok()) << path << ": " << expected.status();
    EXPECT_GE(expected->size(), 1U) << path;
    EXPECT_GT(expected->front().operator_fnv1a32_size(), 1) << path;
  }
}

}  // namespace
}  // namespace tinyrig::client
