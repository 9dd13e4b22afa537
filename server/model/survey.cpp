#include "server/model/survey.h"

#include <string>
#include <utility>

#include "server/base/status_macros.h"
#include "server/model/lower.h"

namespace tinyrig::model {
namespace {

// "1x8x8x3, 4x2 -> 1x4x4x3", as far as the file tells.
std::string operand_shapes(const Graph& graph, const Operator& op) {
  std::string text;
  const auto add = [&](const std::vector<std::int32_t>& operands) {
    const char* separator = "";
    for (const std::int32_t index : operands) {
      if (index == kAbsent) continue;
      text += separator + shape_text(graph.tensors[static_cast<std::size_t>(index)].shape);
      separator = ", ";
    }
  };
  add(op.inputs);
  text += " -> ";
  add(op.outputs);
  return text;
}

}  // namespace

absl::StatusOr<Survey> survey(const Graph& graph) {
  TINYRIG_ASSIGN_OR_RETURN(LoweredEach each, lower_each(graph));
  Survey survey;
  survey.refusal = refusal_of(each);
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    const LoweredOperator& lowered = each.program.operators[i];
    SurveyedOperator& surveyed = survey.operators.emplace_back();
    surveyed.refusal = std::move(each.refusals[i]);
    surveyed.info.index = static_cast<std::uint32_t>(op.index);
    surveyed.info.kind = operator_name(op.code);
    surveyed.info.shape = surveyed.refusal.ok() ? lowered.shape : operand_shapes(graph, op);
    surveyed.info.macs = lowered.macs;
    surveyed.info.weight_bytes = lowered.weight_bytes;
    survey.macs += lowered.macs;
    survey.weight_bytes += lowered.weight_bytes;
  }
  for (const std::int32_t i : graph.inputs) {
    survey.inputs.push_back(tensor_info(graph.tensors[static_cast<std::size_t>(i)]));
  }
  for (const std::int32_t i : graph.outputs) {
    survey.outputs.push_back(tensor_info(graph.tensors[static_cast<std::size_t>(i)]));
  }
  return survey;
}

}  // namespace tinyrig::model
