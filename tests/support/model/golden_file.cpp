#include "tests/support/model/golden_file.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

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

}  // namespace tinyrig::model
