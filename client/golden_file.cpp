#include "client/golden_file.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace tinyrig::client {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

const Value* field(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

std::optional<std::uint32_t> hash_of(const Value& value) {
  const std::string& hex = value.string_value();
  std::uint32_t hash = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), hash, 16);
  if (hex.empty() || hex.size() > 8 || error != std::errc() || end != hex.data() + hex.size()) return std::nullopt;
  return hash;
}

absl::StatusOr<v1::ExpectedOutput> expected_of(const Value& vector, int index) {
  const auto wrong = [index](const std::string& what) {
    return absl::InvalidArgumentError("vector " + std::to_string(index) + " " + what);
  };
  const Struct& object = vector.struct_value();
  v1::ExpectedOutput expected;
  const Value* seed = field(object, "seed");
  const double number = seed == nullptr ? 0 : seed->number_value();
  if (number < 1 || number > 4294967295.0 || number != std::floor(number)) return wrong("has no seed from 1 to 2^32-1");
  expected.set_seed(static_cast<std::uint32_t>(number));

  const Value* output = field(object, "output_fnv1a32");
  const auto hash = output == nullptr ? std::nullopt : hash_of(*output);
  if (!hash.has_value()) return wrong("has no output_fnv1a32 in hex");
  expected.set_output_fnv1a32(*hash);

  if (const Value* operators = field(object, "op_output_fnv1a32")) {
    for (const Value& entry : operators->list_value().values()) {
      const auto operator_hash = hash_of(entry);
      if (!operator_hash.has_value()) return wrong("has an op_output_fnv1a32 that is no hex number");
      expected.add_operator_fnv1a32(*operator_hash);
    }
  }
  return expected;
}

}  // namespace

absl::StatusOr<std::vector<v1::ExpectedOutput>> parse_golden(const std::string& json) {
  Struct document;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &document);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError("it is no JSON object: " +
                                      std::string(parsed.message().data(), parsed.message().size()));
  }
  const Value* vectors = field(document, "vectors");
  if (vectors == nullptr || vectors->list_value().values().empty()) {
    return absl::InvalidArgumentError("it has no list \"vectors\"");
  }
  std::vector<v1::ExpectedOutput> all;
  for (const Value& vector : vectors->list_value().values()) {
    auto expected = expected_of(vector, static_cast<int>(all.size()));
    if (!expected.ok()) return expected.status();
    all.push_back(*std::move(expected));
  }
  return all;
}

}  // namespace tinyrig::client
