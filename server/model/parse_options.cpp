#include "server/model/parse_options.h"

#include <cmath>

#include "server/base/status_macros.h"
#include "server/model/errors.h"
#include "server/model/tflite_generated.h"

namespace tinyrig::model {
namespace {

// Larger steps, filters and dilations than any model for a microcontroller has; keeps later sums in range.
constexpr std::int32_t kMaxStep = 32767;

absl::StatusOr<Activation> parse_activation(tflite::Activation activation, const std::string& where) {
  switch (activation) {
    case tflite::Activation::NONE:
      return Activation::kNone;
    case tflite::Activation::RELU:
      return Activation::kRelu;
    case tflite::Activation::RELU_N1_TO_1:
      return Activation::kReluN1To1;
    case tflite::Activation::RELU6:
      return Activation::kRelu6;
    default:
      return model_error(kUnsupported,
                         where + ": fused activation " + std::to_string(static_cast<int>(activation)) +
                             " (TANH, SIGN_BIT or unknown) is not supported",
                         "use NONE, RELU, RELU_N1_TO_1 or RELU6, or a separate operator");
  }
}

absl::StatusOr<Padding> parse_padding(tflite::Padding padding, const std::string& where) {
  if (padding == tflite::Padding::SAME) return Padding::kSame;
  if (padding == tflite::Padding::VALID) return Padding::kValid;
  return model_error(kInvalid, where + ": padding " + std::to_string(static_cast<int>(padding)) + " is unknown");
}

absl::Status check_step(std::int32_t value, const char* what, const std::string& where) {
  if (value >= 1 && value <= kMaxStep) return absl::OkStatus();
  return model_error(kInvalid,
                     where + ": " + what + " is " + std::to_string(value) + ", not in 1.." + std::to_string(kMaxStep));
}

absl::Status missing(const std::string& where) { return model_error(kInvalid, where + " has no options"); }

template <class Table>
absl::StatusOr<Options> parse_conv(const Table* table, std::int32_t depth_multiplier, const std::string& where) {
  ConvOptions options;
  TINYRIG_ASSIGN_OR_RETURN(options.padding, parse_padding(table->padding(), where));
  TINYRIG_ASSIGN_OR_RETURN(options.activation, parse_activation(table->activation(), where));
  options.stride_h = table->stride_h();
  options.stride_w = table->stride_w();
  if constexpr (requires { table->dilation_h(); }) {
    options.dilation_h = table->dilation_h();
    options.dilation_w = table->dilation_w();
  }
  options.depth_multiplier = depth_multiplier;
  TINYRIG_RETURN_IF_ERROR(check_step(options.stride_h, "stride_h", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.stride_w, "stride_w", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.dilation_h, "dilation_h", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.dilation_w, "dilation_w", where));
  return options;
}

absl::StatusOr<Options> parse_pool(const tflite::Pool2DOptions* table, const std::string& where) {
  PoolOptions options;
  TINYRIG_ASSIGN_OR_RETURN(options.padding, parse_padding(table->padding(), where));
  TINYRIG_ASSIGN_OR_RETURN(options.activation, parse_activation(table->activation(), where));
  options.stride_h = table->stride_h();
  options.stride_w = table->stride_w();
  options.filter_h = table->filter_h();
  options.filter_w = table->filter_w();
  TINYRIG_RETURN_IF_ERROR(check_step(options.stride_h, "stride_h", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.stride_w, "stride_w", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.filter_h, "filter_h", where));
  TINYRIG_RETURN_IF_ERROR(check_step(options.filter_w, "filter_w", where));
  return options;
}

// Absent options mean the defaults, as everywhere in FlatBuffers.
template <class Table>
absl::StatusOr<Options> parse_fused(const Table* table, const std::string& where) {
  FusedOptions options;
  if (table != nullptr) {
    TINYRIG_ASSIGN_OR_RETURN(options.activation, parse_activation(table->activation(), where));
  }
  return options;
}

absl::StatusOr<Options> parse_fully_connected(const tflite::FullyConnectedOptions* table, const std::string& where) {
  if (table != nullptr && table->weights_format() != 0) {
    return model_error(kUnsupported, where + ": shuffled weights are not supported",
                       "convert the model without optimizations for a phone");
  }
  return parse_fused(table, where);
}

absl::StatusOr<Options> parse_strided_slice(const tflite::StridedSliceOptions* table, const std::string& where) {
  if (table == nullptr) return missing(where);
  if (table->ellipsis_mask() != 0 || table->new_axis_mask() != 0 || table->offset()) {
    return model_error(kUnsupported, where + ": ellipsis, new axes and offsets are not supported",
                       "slice every dimension explicitly");
  }
  return StridedSliceOptions{table->begin_mask(), table->end_mask(), table->shrink_axis_mask()};
}

absl::StatusOr<Options> parse_concatenation(const tflite::ConcatenationOptions* table, const std::string& where) {
  ConcatenationOptions options;
  if (table != nullptr) {
    if (table->activation() != tflite::Activation::NONE) {
      return model_error(kUnsupported, where + ": a fused activation is not supported here");
    }
    options.axis = table->axis();
  }
  return options;
}

}  // namespace

absl::StatusOr<Options> parse_options(const tflite::Operator& source, OperatorCode code, const std::string& where) {
  switch (code) {
    case OperatorCode::kConv2d: {
      const auto* table = source.options_as_Conv2DOptions();
      if (table == nullptr) return missing(where);
      return parse_conv(table, 0, where);
    }
    case OperatorCode::kDepthwiseConv2d: {
      const auto* table = source.options_as_DepthwiseConv2DOptions();
      if (table == nullptr) return missing(where);
      return parse_conv(table, table->depth_multiplier(), where);
    }
    case OperatorCode::kTransposeConv: {
      const auto* table = source.options_as_TransposeConvOptions();
      if (table == nullptr) return missing(where);
      return parse_conv(table, 0, where);
    }
    case OperatorCode::kAveragePool2d:
    case OperatorCode::kMaxPool2d: {
      const auto* table = source.options_as_Pool2DOptions();
      if (table == nullptr) return missing(where);
      return parse_pool(table, where);
    }
    case OperatorCode::kFullyConnected:
      return parse_fully_connected(source.options_as_FullyConnectedOptions(), where);
    case OperatorCode::kAdd:
      return parse_fused(source.options_as_AddOptions(), where);
    case OperatorCode::kSub:
      return parse_fused(source.options_as_SubOptions(), where);
    case OperatorCode::kMul:
      return parse_fused(source.options_as_MulOptions(), where);
    case OperatorCode::kConcatenation:
      return parse_concatenation(source.options_as_ConcatenationOptions(), where);
    case OperatorCode::kSoftmax: {
      const auto* table = source.options_as_SoftmaxOptions();
      if (table == nullptr) return missing(where);
      if (!std::isfinite(table->beta()) || table->beta() <= 0.0F) {
        return model_error(kInvalid, where + ": beta is " + std::to_string(table->beta()));
      }
      return SoftmaxOptions{table->beta()};
    }
    case OperatorCode::kStridedSlice:
      return parse_strided_slice(source.options_as_StridedSliceOptions(), where);
    case OperatorCode::kResizeNearestNeighbor: {
      const auto* table = source.options_as_ResizeNearestNeighborOptions();
      if (table == nullptr) return ResizeOptions{};
      return ResizeOptions{table->align_corners(), table->half_pixel_centers()};
    }
    case OperatorCode::kLeakyRelu: {
      const auto* table = source.options_as_LeakyReluOptions();
      if (table == nullptr) return missing(where);
      if (!std::isfinite(table->alpha())) return model_error(kInvalid, where + ": alpha is not finite");
      return LeakyReluOptions{table->alpha()};
    }
    default:
      return std::monostate();
  }
}

}  // namespace tinyrig::model
