// What a .tflite says, checked and in our words: tensors, and operators in execution order with typed
// options. No arithmetic is prepared yet (program.h) and nothing is placed in memory (arena_plan.h).
//
// A Graph owns the model's bytes; constants are views into them, so it moves but does not copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"

namespace tinyrig::model {

/// Numbers of TensorFlow Lite's TensorType.
enum class TensorType : std::int8_t { kFloat32 = 0, kInt32 = 2, kUint8 = 3, kInt64 = 4, kInt16 = 7, kInt8 = 9 };

/// "int8"; types that we cannot run have names too.
std::string_view type_name(TensorType type);

/// Bytes of one element; 0 for types that we do not run.
std::size_t type_bytes(TensorType type);

/// Numbers of TensorFlow Lite's BuiltinOperator, for the operators that the engine runs.
enum class OperatorCode : std::int32_t {
  kAdd = 0,
  kAveragePool2d = 1,
  kConcatenation = 2,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kDequantize = 6,
  kFullyConnected = 9,
  kLogistic = 14,
  kMaxPool2d = 17,
  kMul = 18,
  kRelu = 19,
  kRelu6 = 21,
  kReshape = 22,
  kSoftmax = 25,
  kTanh = 28,
  kPad = 34,
  kTranspose = 39,
  kMean = 40,
  kSub = 41,
  kSqueeze = 43,
  kStridedSlice = 45,
  kSplit = 49,
  kPadV2 = 60,
  kTransposeConv = 67,
  kExpandDims = 70,
  kResizeNearestNeighbor = 97,
  kLeakyRelu = 98,
  kQuantize = 114,
  kHardSwish = 117,
};

/// "CONV_2D"; also for operators that the engine lacks; "operator 999" for a number without a name.
std::string operator_name(std::int32_t builtin_code);
inline std::string operator_name(OperatorCode code) { return operator_name(static_cast<std::int32_t>(code)); }

/// Whether the engine runs it: a value of OperatorCode.
bool is_supported(std::int32_t builtin_code);

enum class Activation : std::uint8_t { kNone, kRelu, kReluN1To1, kRelu6 };
enum class Padding : std::uint8_t { kSame, kValid };

struct ConvOptions {  // CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV (dilation 1)
  Padding padding = Padding::kValid;
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int32_t depth_multiplier = 0;
  Activation activation = Activation::kNone;
};
struct PoolOptions {
  Padding padding = Padding::kValid;
  std::int32_t stride_h = 1, stride_w = 1, filter_h = 1, filter_w = 1;
  Activation activation = Activation::kNone;
};
struct FusedOptions {  // FULLY_CONNECTED, ADD, SUB, MUL
  Activation activation = Activation::kNone;
};
struct ConcatenationOptions {
  std::int32_t axis = 0;
};
struct SoftmaxOptions {
  float beta = 1.0F;
};
struct StridedSliceOptions {
  std::int32_t begin_mask = 0, end_mask = 0, shrink_axis_mask = 0;
};
struct ResizeOptions {
  bool align_corners = false, half_pixel_centers = false;
};
struct LeakyReluOptions {
  float alpha = 0.0F;
};
using Options = std::variant<std::monostate, ConvOptions, PoolOptions, FusedOptions, ConcatenationOptions,
                             SoftmaxOptions, StridedSliceOptions, ResizeOptions, LeakyReluOptions>;

/// Affine quantization. Empty scales: none. One scale: per tensor. More: per slice of `axis`. Scales are
/// finite and positive; zero points are within the tensor's type, and as many as scales.
struct Quantization {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = 0;
};

struct Tensor {
  std::int32_t index = 0;  // in the file
  std::string name;
  TensorType type = TensorType::kInt8;
  std::vector<std::int32_t> shape;  // every dimension at least 1; empty: a scalar
  std::size_t elements = 1;
  std::size_t bytes = 0;
  Quantization quantization;
  bool is_constant = false;
  std::span<const std::uint8_t> data;  // of a constant; `bytes` long; any alignment
};

inline constexpr std::int32_t kAbsent = -1;

struct Operator {
  OperatorCode code = OperatorCode::kAdd;  // of a refused operator: any number
  std::int32_t index = 0;                  // in the file
  std::vector<std::int32_t> inputs;        // tensors; kAbsent: an optional one that is not given
  std::vector<std::int32_t> outputs;       // tensors
  Options options;
  absl::Status refusal;  // not OK: an operator, option or tensor that the engine lacks; its tensors may be empty
};

struct Graph {
  Graph() = default;
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  std::vector<std::uint8_t> file;  // the .tflite's bytes
  std::vector<Tensor> tensors;     // as in the file; those that nothing uses are left empty
  std::vector<Operator> operators;
  std::vector<std::int32_t> inputs, outputs;
};

/// "1x49x10x1"; "scalar" for rank 0.
std::string shape_text(std::span<const std::int32_t> shape);

}  // namespace tinyrig::model
