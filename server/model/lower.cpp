#include "server/model/lower.h"

#include "server/base/status_macros.h"
#include "server/model/limits.h"
#include "server/model/lowering.h"
#include "server/model/refusals.h"

namespace tinyrig::model {
namespace {

absl::Status lower_operator(Lowering& lowering) {
  switch (lowering.op().code) {
    case OperatorCode::kConv2d:
      return lower_conv_2d(lowering);
    case OperatorCode::kDepthwiseConv2d:
      return lower_depthwise_conv_2d(lowering);
    case OperatorCode::kTransposeConv:
      return lower_transpose_conv(lowering);
    case OperatorCode::kFullyConnected:
      return lower_fully_connected(lowering);
    case OperatorCode::kAveragePool2d:
    case OperatorCode::kMaxPool2d:
      return lower_pool(lowering);
    case OperatorCode::kAdd:
    case OperatorCode::kSub:
    case OperatorCode::kMul:
      return lower_binary(lowering);
    case OperatorCode::kMean:
      return lower_mean(lowering);
    case OperatorCode::kSoftmax:
      return lower_softmax(lowering);
    case OperatorCode::kLogistic:
    case OperatorCode::kTanh:
    case OperatorCode::kRelu:
    case OperatorCode::kRelu6:
    case OperatorCode::kHardSwish:
    case OperatorCode::kLeakyRelu:
      return lower_lookup(lowering);
    case OperatorCode::kQuantize:
      return lower_quantize(lowering);
    case OperatorCode::kDequantize:
      return lower_dequantize(lowering);
    case OperatorCode::kReshape:
    case OperatorCode::kSqueeze:
    case OperatorCode::kExpandDims:
      return lower_copy(lowering);
    case OperatorCode::kPad:
    case OperatorCode::kPadV2:
      return lower_pad(lowering);
    case OperatorCode::kTranspose:
      return lower_transpose(lowering);
    case OperatorCode::kStridedSlice:
      return lower_strided_slice(lowering);
    case OperatorCode::kConcatenation:
      return lower_concatenation(lowering);
    case OperatorCode::kSplit:
      return lower_split(lowering);
    case OperatorCode::kResizeNearestNeighbor:
      return lower_resize(lowering);
  }
  return lowering.unsupported("not implemented by the engine");
}

// Inputs and outputs of the model: what the engine's image format can describe.
absl::Status check_end(const Tensor& tensor, const char* role) {
  if (tensor.type == TensorType::kInt64) {
    return model_error(kUnsupported, std::string(role) + " tensor " + std::to_string(tensor.index) + " \"" +
                                         tensor.name + "\" is int64");
  }
  return absl::OkStatus();
}

absl::Status lower_ends(const Graph& graph, Lowering& lowering, Program& program) {
  for (const std::int32_t index : graph.inputs) {
    const Tensor& tensor = graph.tensors[static_cast<std::size_t>(index)];
    TINYRIG_RETURN_IF_ERROR(check_end(tensor, "model input"));
    program.inputs.push_back(lowering.activation(tensor));
  }
  for (const std::int32_t index : graph.outputs) {
    const Tensor& tensor = graph.tensors[static_cast<std::size_t>(index)];
    TINYRIG_RETURN_IF_ERROR(check_end(tensor, "model output"));
    program.outputs.push_back(lowering.activation(tensor));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoweredEach> lower_each(const Graph& graph) {
  LoweredEach each;
  Program& program = each.program;
  Lowering lowering(graph, program);
  program.operators.reserve(graph.operators.size());
  bool whole = true;
  for (const Operator& op : graph.operators) {
    LoweredOperator& lowered = program.operators.emplace_back();
    lowering.start(op, lowered);
    absl::Status status = op.refusal.ok() ? lower_operator(lowering) : op.refusal;
    if (!status.ok()) {
      if (!is_refusal(reason_of(status))) return status;
      lowered = {};
      whole = false;
    }
    each.refusals.push_back(std::move(status));
    std::size_t made_bytes = 0;
    for (const std::vector<std::uint8_t>& block : program.storage) made_bytes += block.size();
    if (made_bytes > kMaxImageBytes) return model_error(kTooLarge, "the model has too many output channels");
  }
  if (whole) TINYRIG_RETURN_IF_ERROR(lower_ends(graph, lowering, program));
  return each;
}

absl::Status refusal_of(const LoweredEach& each) {
  Refusals unsupported;
  for (const absl::Status& refusal : each.refusals) {
    if (refusal.ok()) continue;
    if (is_about_whole_model(reason_of(refusal))) return unsupported.empty() ? refusal : unsupported.status();
    unsupported.add(refusal);
  }
  return unsupported.status();
}

absl::StatusOr<Program> lower(const Graph& graph) {
  TINYRIG_ASSIGN_OR_RETURN(LoweredEach each, lower_each(graph));
  TINYRIG_RETURN_IF_ERROR(refusal_of(each));
  return std::move(each.program);
}

}  // namespace tinyrig::model
