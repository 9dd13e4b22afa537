#include "server/model/graph.h"

#include <array>

namespace tinyrig::model {
namespace {

// TensorFlow Lite's builtin operators by number (schema version 3).
constexpr std::array<std::string_view, 162> kOperatorNames = {"ADD",
                                                              "AVERAGE_POOL_2D",
                                                              "CONCATENATION",
                                                              "CONV_2D",
                                                              "DEPTHWISE_CONV_2D",
                                                              "DEPTH_TO_SPACE",
                                                              "DEQUANTIZE",
                                                              "EMBEDDING_LOOKUP",
                                                              "FLOOR",
                                                              "FULLY_CONNECTED",
                                                              "HASHTABLE_LOOKUP",
                                                              "L2_NORMALIZATION",
                                                              "L2_POOL_2D",
                                                              "LOCAL_RESPONSE_NORMALIZATION",
                                                              "LOGISTIC",
                                                              "LSH_PROJECTION",
                                                              "LSTM",
                                                              "MAX_POOL_2D",
                                                              "MUL",
                                                              "RELU",
                                                              "RELU_N1_TO_1",
                                                              "RELU6",
                                                              "RESHAPE",
                                                              "RESIZE_BILINEAR",
                                                              "RNN",
                                                              "SOFTMAX",
                                                              "SPACE_TO_DEPTH",
                                                              "SVDF",
                                                              "TANH",
                                                              "CONCAT_EMBEDDINGS",
                                                              "SKIP_GRAM",
                                                              "CALL",
                                                              "CUSTOM",
                                                              "EMBEDDING_LOOKUP_SPARSE",
                                                              "PAD",
                                                              "UNIDIRECTIONAL_SEQUENCE_RNN",
                                                              "GATHER",
                                                              "BATCH_TO_SPACE_ND",
                                                              "SPACE_TO_BATCH_ND",
                                                              "TRANSPOSE",
                                                              "MEAN",
                                                              "SUB",
                                                              "DIV",
                                                              "SQUEEZE",
                                                              "UNIDIRECTIONAL_SEQUENCE_LSTM",
                                                              "STRIDED_SLICE",
                                                              "BIDIRECTIONAL_SEQUENCE_RNN",
                                                              "EXP",
                                                              "TOPK_V2",
                                                              "SPLIT",
                                                              "LOG_SOFTMAX",
                                                              "DELEGATE",
                                                              "BIDIRECTIONAL_SEQUENCE_LSTM",
                                                              "CAST",
                                                              "PRELU",
                                                              "MAXIMUM",
                                                              "ARG_MAX",
                                                              "MINIMUM",
                                                              "LESS",
                                                              "NEG",
                                                              "PADV2",
                                                              "GREATER",
                                                              "GREATER_EQUAL",
                                                              "LESS_EQUAL",
                                                              "SELECT",
                                                              "SLICE",
                                                              "SIN",
                                                              "TRANSPOSE_CONV",
                                                              "SPARSE_TO_DENSE",
                                                              "TILE",
                                                              "EXPAND_DIMS",
                                                              "EQUAL",
                                                              "NOT_EQUAL",
                                                              "LOG",
                                                              "SUM",
                                                              "SQRT",
                                                              "RSQRT",
                                                              "SHAPE",
                                                              "POW",
                                                              "ARG_MIN",
                                                              "FAKE_QUANT",
                                                              "REDUCE_PROD",
                                                              "REDUCE_MAX",
                                                              "PACK",
                                                              "LOGICAL_OR",
                                                              "ONE_HOT",
                                                              "LOGICAL_AND",
                                                              "LOGICAL_NOT",
                                                              "UNPACK",
                                                              "REDUCE_MIN",
                                                              "FLOOR_DIV",
                                                              "REDUCE_ANY",
                                                              "SQUARE",
                                                              "ZEROS_LIKE",
                                                              "FILL",
                                                              "FLOOR_MOD",
                                                              "RANGE",
                                                              "RESIZE_NEAREST_NEIGHBOR",
                                                              "LEAKY_RELU",
                                                              "SQUARED_DIFFERENCE",
                                                              "MIRROR_PAD",
                                                              "ABS",
                                                              "SPLIT_V",
                                                              "UNIQUE",
                                                              "CEIL",
                                                              "REVERSE_V2",
                                                              "ADD_N",
                                                              "GATHER_ND",
                                                              "COS",
                                                              "WHERE",
                                                              "RANK",
                                                              "ELU",
                                                              "REVERSE_SEQUENCE",
                                                              "MATRIX_DIAG",
                                                              "QUANTIZE",
                                                              "MATRIX_SET_DIAG",
                                                              "ROUND",
                                                              "HARD_SWISH",
                                                              "IF",
                                                              "WHILE",
                                                              "NON_MAX_SUPPRESSION_V4",
                                                              "NON_MAX_SUPPRESSION_V5",
                                                              "SCATTER_ND",
                                                              "SELECT_V2",
                                                              "DENSIFY",
                                                              "SEGMENT_SUM",
                                                              "BATCH_MATMUL",
                                                              "PLACEHOLDER_FOR_GREATER_OP_CODES",
                                                              "CUMSUM",
                                                              "CALL_ONCE",
                                                              "BROADCAST_TO",
                                                              "RFFT2D",
                                                              "CONV_3D",
                                                              "IMAG",
                                                              "REAL",
                                                              "COMPLEX_ABS",
                                                              "HASHTABLE",
                                                              "HASHTABLE_FIND",
                                                              "HASHTABLE_IMPORT",
                                                              "HASHTABLE_SIZE",
                                                              "REDUCE_ALL",
                                                              "CONV_3D_TRANSPOSE",
                                                              "VAR_HANDLE",
                                                              "READ_VARIABLE",
                                                              "ASSIGN_VARIABLE",
                                                              "BROADCAST_ARGS",
                                                              "RANDOM_STANDARD_NORMAL",
                                                              "BUCKETIZE",
                                                              "RANDOM_UNIFORM",
                                                              "MULTINOMIAL",
                                                              "GELU",
                                                              "DYNAMIC_UPDATE_SLICE",
                                                              "RELU_0_TO_1",
                                                              "UNSORTED_SEGMENT_PROD",
                                                              "UNSORTED_SEGMENT_MAX",
                                                              "UNSORTED_SEGMENT_SUM",
                                                              "ATAN2",
                                                              "UNSORTED_SEGMENT_MIN",
                                                              "SIGN",
                                                              "BITCAST",
                                                              "BITWISE_XOR",
                                                              "RIGHT_SHIFT"};

constexpr std::array<std::string_view, 21> kTypeNames = {
    "float32", "float16",   "int32",  "uint8",   "int64",      "string", "bool",
    "int16",   "complex64", "int8",   "float64", "complex128", "uint64", "resource",
    "variant", "uint32",    "uint16", "int4",    "bfloat16",   "int2",   "uint4"};

}  // namespace

std::string_view type_name(TensorType type) {
  const auto number = static_cast<std::size_t>(type);
  return static_cast<std::int8_t>(type) >= 0 && number < kTypeNames.size() ? kTypeNames[number] : "unknown type";
}

std::size_t type_bytes(TensorType type) {
  switch (type) {
    case TensorType::kInt8:
      return 1;
    case TensorType::kFloat32:
    case TensorType::kInt32:
      return 4;
    case TensorType::kInt64:
      return 8;
    default:
      return 0;
  }
}

std::string operator_name(std::int32_t builtin_code) {
  const auto number = static_cast<std::size_t>(builtin_code);
  if (builtin_code >= 0 && number < kOperatorNames.size()) return std::string(kOperatorNames[number]);
  return "operator " + std::to_string(builtin_code);
}

bool is_supported(std::int32_t builtin_code) {
  switch (static_cast<OperatorCode>(builtin_code)) {
    case OperatorCode::kAdd:
    case OperatorCode::kAveragePool2d:
    case OperatorCode::kConcatenation:
    case OperatorCode::kConv2d:
    case OperatorCode::kDepthwiseConv2d:
    case OperatorCode::kDequantize:
    case OperatorCode::kFullyConnected:
    case OperatorCode::kLogistic:
    case OperatorCode::kMaxPool2d:
    case OperatorCode::kMul:
    case OperatorCode::kRelu:
    case OperatorCode::kRelu6:
    case OperatorCode::kReshape:
    case OperatorCode::kSoftmax:
    case OperatorCode::kTanh:
    case OperatorCode::kPad:
    case OperatorCode::kTranspose:
    case OperatorCode::kMean:
    case OperatorCode::kSub:
    case OperatorCode::kSqueeze:
    case OperatorCode::kStridedSlice:
    case OperatorCode::kSplit:
    case OperatorCode::kPadV2:
    case OperatorCode::kTransposeConv:
    case OperatorCode::kExpandDims:
    case OperatorCode::kResizeNearestNeighbor:
    case OperatorCode::kLeakyRelu:
    case OperatorCode::kQuantize:
    case OperatorCode::kHardSwish:
      return true;
  }
  return false;
}

std::string shape_text(std::span<const std::int32_t> shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int32_t dimension : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(dimension);
  }
  return text;
}

}  // namespace tinyrig::model
