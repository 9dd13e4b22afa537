#include "tests/bench/engine/baseline.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "server/base/error.h"

namespace tinyrig::bench {

absl::StatusOr<Baseline> read_baseline(const std::filesystem::path& file) {
  std::ifstream input(file);
  const std::string text{std::istreambuf_iterator<char>(input), {}};
  try {
    Baseline baseline;
    const boost::json::value root = boost::json::parse(text);
    for (const boost::json::value& entry : root.at("rows").as_array()) {
      const auto word = [&](const char* key) { return std::string(entry.at(key).as_string()); };
      BaselineRow& row = baseline[{word("core"), word("model")}];
      row.instructions = entry.at("instructions").to_number<std::uint64_t>();
      row.arena_bytes = entry.at("arena_bytes").to_number<std::uint64_t>();
      for (const boost::json::value& instructions : entry.at("operators").as_array()) {
        row.operator_instructions.push_back(instructions.to_number<std::uint64_t>());
      }
    }
    return baseline;
  } catch (const std::exception& error) {
    return make_error(absl::StatusCode::kInvalidArgument, "BASELINE_INVALID", file.string() + ": " + error.what());
  }
}

double packed_bytes_budget(const model::Graph& graph) {
  using model::OperatorCode;
  std::set<std::int32_t> constants;
  std::size_t bytes = 0, channels = 0;
  for (const model::Operator& op : graph.operators) {
    const bool depthwise = op.code == OperatorCode::kDepthwiseConv2d;
    if (!depthwise && op.code != OperatorCode::kConv2d && op.code != OperatorCode::kFullyConnected &&
        op.code != OperatorCode::kTransposeConv) {
      continue;
    }
    const auto& weights = graph.tensors[static_cast<std::size_t>(op.inputs[1])];
    channels += static_cast<std::size_t>(depthwise ? weights.shape.back() : weights.shape.front());
    for (std::size_t i = 1; i < op.inputs.size(); ++i) {
      if (op.inputs[i] == model::kAbsent) continue;
      const auto& tensor = graph.tensors[static_cast<std::size_t>(op.inputs[i])];
      if (tensor.is_constant && constants.insert(op.inputs[i]).second) bytes += tensor.bytes;
    }
  }
  return 1.15 * static_cast<double>(bytes) + 12.0 * static_cast<double>(channels) + 4096.0;
}

double arena_bytes_budget(std::uint32_t live_set_bytes) { return 1.1 * static_cast<double>(live_set_bytes) + 2048.0; }

}  // namespace tinyrig::bench
