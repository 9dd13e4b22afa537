#include "tests/unit/model/golden_record.h"

#include <gtest/gtest.h>

#include <boost/json/src.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "server/model/pack.h"
#include "server/model/reference_run.h"

namespace tinyrig::model {
namespace {

std::uint32_t hash_of(const boost::json::value& value) {
  return static_cast<std::uint32_t>(std::stoul(std::string(value.as_string()), nullptr, 16));
}

}  // namespace

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

GoldenRecord read_golden(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> text = read_bytes(path);
  const boost::json::object root =
      boost::json::parse(std::string_view(reinterpret_cast<const char*>(text.data()), text.size())).as_object();
  GoldenRecord record;
  record.model_sha256 = std::string(root.at("model_sha256").as_string());
  for (const boost::json::value& entry : root.at("vectors").as_array()) {
    const boost::json::object& source = entry.as_object();
    GoldenVector vector;
    vector.seed = source.at("seed").to_number<std::uint32_t>();
    vector.input_fnv1a32 = hash_of(source.at("input_fnv1a32"));
    vector.output_fnv1a32 = hash_of(source.at("output_fnv1a32"));
    for (const boost::json::value& hash : source.at("op_output_fnv1a32").as_array()) {
      vector.operator_fnv1a32.push_back(hash_of(hash));
    }
    if (const boost::json::value* output = source.if_contains("output")) {
      for (const boost::json::value& byte : output->as_array()) {
        vector.output.push_back(byte.to_number<std::int8_t>());
      }
    }
    record.vectors.push_back(std::move(vector));
  }
  return record;
}

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
