// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED: weights, biases and the multipliers that
// bring their sums to the output's scale.
#include <cmath>
#include <cstring>

#include "server/base/status_macros.h"
#include "server/model/lowering.h"

namespace tinyrig::model {
namespace {

constexpr std::int64_t kMaxPadding = 32767;  // as in the engine

// Input, weights, bias and output of a convolution, of whichever kind.
struct ConvOperands {
  const Tensor* input = nullptr;
  const Tensor* weights = nullptr;
  const Tensor* bias = nullptr;  // may be absent
  const Tensor* output = nullptr;
  Lowering::Affine input_affine, output_affine;
};

absl::StatusOr<ConvOperands> conv_operands(Lowering& lowering, std::size_t input_slot, std::size_t weights_slot,
                                           std::size_t bias_slot) {
  ConvOperands operands;
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(bias_slot, bias_slot + 1, 1));
  TINYRIG_ASSIGN_OR_RETURN(operands.input, lowering.input(input_slot, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(operands.weights, lowering.constant_input(weights_slot, TensorType::kInt8, "weights"));
  TINYRIG_ASSIGN_OR_RETURN(operands.bias, lowering.optional_constant(bias_slot, TensorType::kInt32, "bias"));
  TINYRIG_ASSIGN_OR_RETURN(operands.output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(operands.input_affine, lowering.affine(*operands.input));
  TINYRIG_ASSIGN_OR_RETURN(operands.output_affine, lowering.affine(*operands.output));
  return operands;
}

absl::Status check_bias(Lowering& lowering, const ConvOperands& operands, std::int64_t channels) {
  if (operands.bias != nullptr && operands.bias->elements != static_cast<std::size_t>(channels)) {
    return lowering.invalid("bias " + lowering.describe(*operands.bias) + " has " +
                            std::to_string(operands.bias->elements) + " elements for " + std::to_string(channels) +
                            " output channels");
  }
  return absl::OkStatus();
}

absl::Status check_symmetric(Lowering& lowering, const Tensor& weights) {
  for (const std::int32_t zero_point : weights.quantization.zero_points) {
    if (zero_point != 0) {
      return lowering.unsupported("weights " + lowering.describe(weights) + " have zero point " +
                                  std::to_string(zero_point) + "; only symmetric ones (0) are supported");
    }
  }
  return absl::OkStatus();
}

// One multiplier for each output channel; a single scale of the weights serves all of them.
absl::Status channel_multipliers(Lowering& lowering, const ConvOperands& operands, std::int32_t channels,
                                 std::int32_t channel_axis, packed::DataRef& multipliers, packed::DataRef& shifts) {
  const Quantization& quantization = operands.weights->quantization;
  const std::size_t scales = quantization.scales.size();
  if (scales == 0) return lowering.unsupported("weights " + lowering.describe(*operands.weights) + " have no scale");
  if (scales != 1 && (scales != static_cast<std::size_t>(channels) || quantization.axis != channel_axis)) {
    return lowering.unsupported("weights " + lowering.describe(*operands.weights) + " have scales along dimension " +
                                std::to_string(quantization.axis) + ", not one for each output channel");
  }
  TINYRIG_RETURN_IF_ERROR(check_symmetric(lowering, *operands.weights));
  std::vector<std::int32_t> values(static_cast<std::size_t>(channels)), exponents(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double real = static_cast<double>(operands.input_affine.scale) *
                        static_cast<double>(quantization.scales[scales == 1 ? 0 : i]) /
                        static_cast<double>(operands.output_affine.scale);
    TINYRIG_ASSIGN_OR_RETURN(const Multiplier multiplier, lowering.multiplier(real, "weights"));
    values[i] = multiplier.value;
    exponents[i] = multiplier.shift;
  }
  multipliers = lowering.constant(values);
  shifts = lowering.constant(exponents);
  return absl::OkStatus();
}

std::string conv_shape(const ConvOperands& operands) {
  return shape_text(operands.input->shape) + " * " + shape_text(operands.weights->shape) + " -> " +
         shape_text(operands.output->shape);
}

// What all three convolutions share. `windowed` is the size that windows slide over, `positions` the number
// of window positions it must give: input and output, or for the transposed one the other way round.
absl::Status finish_conv(Lowering& lowering, const ConvOperands& operands, const ConvOptions& options,
                         std::int32_t channel_axis, const packed::Shape4& windowed, const packed::Shape4& positions,
                         packed::ConvParams& p) {
  p.stride_h = options.stride_h;
  p.stride_w = options.stride_w;
  p.dilation_h = options.dilation_h;
  p.dilation_w = options.dilation_w;
  if (p.kernel_h > kMaxPadding || p.kernel_w > kMaxPadding) return lowering.unsupported("the kernel is too large");
  const Window rows = window(options.padding, windowed.h, p.kernel_h, p.stride_h, p.dilation_h);
  const Window columns = window(options.padding, windowed.w, p.kernel_w, p.stride_w, p.dilation_w);
  if (rows.output != positions.h || columns.output != positions.w || p.input_shape.n != p.output_shape.n) {
    return lowering.invalid("shapes " + conv_shape(operands) + " do not fit together: " + std::to_string(rows.output) +
                            "x" + std::to_string(columns.output) + " positions come out");
  }
  if (rows.pad_before > kMaxPadding || columns.pad_before > kMaxPadding) {
    return lowering.unsupported("the dilated kernel is too large");
  }
  p.pad_top = static_cast<std::int32_t>(rows.pad_before);
  p.pad_left = static_cast<std::int32_t>(columns.pad_before);
  TINYRIG_RETURN_IF_ERROR(check_bias(lowering, operands, p.output_shape.c));
  p.input_offset = -operands.input_affine.zero_point;
  p.output_offset = operands.output_affine.zero_point;
  TINYRIG_ASSIGN_OR_RETURN(const ActivationRange range, lowering.range(options.activation, operands.output_affine));
  p.activation_min = range.min;
  p.activation_max = range.max;
  TINYRIG_RETURN_IF_ERROR(
      channel_multipliers(lowering, operands, p.output_shape.c, channel_axis, p.multipliers, p.shifts));
  p.input = lowering.read(*operands.input);
  p.output = lowering.write(*operands.output);
  p.weights = lowering.constant(*operands.weights);
  p.bias = operands.bias == nullptr ? packed::kNone : lowering.constant(*operands.bias);
  p.scratch = packed::kNone;
  lowering.lowered().shape = conv_shape(operands);
  return absl::OkStatus();
}

}  // namespace

absl::Status lower_conv_2d(Lowering& lowering) {
  const auto& options = std::get<ConvOptions>(lowering.op().options);
  TINYRIG_ASSIGN_OR_RETURN(const ConvOperands operands, conv_operands(lowering, 0, 1, 2));
  packed::ConvParams p{};
  TINYRIG_ASSIGN_OR_RETURN(p.input_shape, shape4(lowering, *operands.input, "input"));
  TINYRIG_ASSIGN_OR_RETURN(p.output_shape, shape4(lowering, *operands.output, "output"));
  TINYRIG_ASSIGN_OR_RETURN(const packed::Shape4 weights, shape4(lowering, *operands.weights, "weights"));
  if (weights.n != p.output_shape.c) {
    return lowering.invalid("shapes " + conv_shape(operands) + " do not fit together");
  }
  if (weights.c != p.input_shape.c) {
    return lowering.unsupported("weights for " + std::to_string(weights.c) + " of " + std::to_string(p.input_shape.c) +
                                    " input channels: grouped convolutions are not supported",
                                "use ordinary or depthwise convolutions");
  }
  p.kernel_h = weights.h;
  p.kernel_w = weights.w;
  p.depth_multiplier = 1;
  TINYRIG_RETURN_IF_ERROR(finish_conv(lowering, operands, options, 0, p.input_shape, p.output_shape, p));
  lowering.lowered().kind = packed::OperatorKind::kConv2d;
  lowering.lowered().macs = static_cast<std::uint64_t>(operands.output->elements) * weights.h * weights.w * weights.c;
  lowering.lowered().params = p;
  return absl::OkStatus();
}

absl::Status lower_depthwise_conv_2d(Lowering& lowering) {
  const auto& options = std::get<ConvOptions>(lowering.op().options);
  TINYRIG_ASSIGN_OR_RETURN(const ConvOperands operands, conv_operands(lowering, 0, 1, 2));
  packed::ConvParams p{};
  TINYRIG_ASSIGN_OR_RETURN(p.input_shape, shape4(lowering, *operands.input, "input"));
  TINYRIG_ASSIGN_OR_RETURN(p.output_shape, shape4(lowering, *operands.output, "output"));
  TINYRIG_ASSIGN_OR_RETURN(const packed::Shape4 weights, shape4(lowering, *operands.weights, "weights"));
  p.depth_multiplier = p.output_shape.c / p.input_shape.c;
  const bool stated_otherwise = options.depth_multiplier != 0 && options.depth_multiplier != p.depth_multiplier;
  if (weights.n != 1 || weights.c != p.output_shape.c || p.output_shape.c % p.input_shape.c != 0 || stated_otherwise) {
    return lowering.invalid("shapes " + conv_shape(operands) + " with depth multiplier " +
                            std::to_string(options.depth_multiplier) + " do not fit together");
  }
  p.kernel_h = weights.h;
  p.kernel_w = weights.w;
  TINYRIG_RETURN_IF_ERROR(finish_conv(lowering, operands, options, 3, p.input_shape, p.output_shape, p));
  lowering.lowered().kind = packed::OperatorKind::kDepthwiseConv2d;
  lowering.lowered().macs = static_cast<std::uint64_t>(operands.output->elements) * weights.h * weights.w;
  lowering.lowered().params = p;
  return absl::OkStatus();
}

absl::Status lower_transpose_conv(Lowering& lowering) {
  const auto& options = std::get<ConvOptions>(lowering.op().options);
  // Input 0 is the output's shape, which the output tensor states as well.
  TINYRIG_ASSIGN_OR_RETURN(const ConvOperands operands, conv_operands(lowering, 2, 1, 3));
  packed::ConvParams p{};
  TINYRIG_ASSIGN_OR_RETURN(p.input_shape, shape4(lowering, *operands.input, "input"));
  TINYRIG_ASSIGN_OR_RETURN(p.output_shape, shape4(lowering, *operands.output, "output"));
  TINYRIG_ASSIGN_OR_RETURN(const packed::Shape4 weights, shape4(lowering, *operands.weights, "weights"));
  if (weights.n != p.output_shape.c || weights.c != p.input_shape.c) {
    return lowering.invalid("shapes " + conv_shape(operands) + " do not fit together");
  }
  p.kernel_h = weights.h;
  p.kernel_w = weights.w;
  p.depth_multiplier = 1;
  TINYRIG_RETURN_IF_ERROR(finish_conv(lowering, operands, options, 0, p.output_shape, p.input_shape, p));
  lowering.lowered().kind = packed::OperatorKind::kTransposeConv;
  lowering.lowered().macs = static_cast<std::uint64_t>(operands.input->elements) * weights.h * weights.w * weights.n;
  lowering.lowered().params = p;
  return absl::OkStatus();
}

namespace {

absl::Status fully_connected_multipliers(Lowering& lowering, const ConvOperands& operands,
                                         packed::FullyConnectedParams& p) {
  const Quantization& quantization = operands.weights->quantization;
  if (quantization.scales.size() > 1) {
    p.per_channel = 1;
    return channel_multipliers(lowering, operands, p.outputs, 0, p.multipliers, p.shifts);
  }
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine weights, lowering.affine(*operands.weights));
  p.weights_offset = -weights.zero_point;
  const double product = static_cast<double>(operands.input_affine.scale) * static_cast<double>(weights.scale);
  const auto output_scale = static_cast<double>(operands.output_affine.scale);
  if (operands.bias != nullptr && operands.bias->quantization.scales.size() == 1) {
    const double difference = std::abs(product - static_cast<double>(operands.bias->quantization.scales[0]));
    if (difference / output_scale > 0.02) {
      return lowering.invalid("the scale of bias " + lowering.describe(*operands.bias) +
                              " is not the product of the input's and the weights' scales");
    }
  }
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier multiplier, lowering.multiplier(product / output_scale, "weights"));
  p.multipliers = lowering.constant(std::span(&multiplier.value, 1));
  p.shifts = lowering.constant(std::span(&multiplier.shift, 1));
  return absl::OkStatus();
}

}  // namespace

absl::Status lower_fully_connected(Lowering& lowering) {
  const auto& options = std::get<FusedOptions>(lowering.op().options);
  TINYRIG_ASSIGN_OR_RETURN(const ConvOperands operands, conv_operands(lowering, 0, 1, 2));
  const Tensor& weights = *operands.weights;
  if (weights.shape.size() != 2) {
    return lowering.unsupported("weights " + lowering.describe(weights) + " of shape " + shape_text(weights.shape) +
                                " are not of rank 2");
  }
  packed::FullyConnectedParams p{};
  p.outputs = weights.shape[0];
  p.inputs = weights.shape[1];
  const auto inputs = static_cast<std::size_t>(p.inputs), outputs = static_cast<std::size_t>(p.outputs);
  const std::size_t batches = operands.input->elements / inputs;
  if (operands.input->elements % inputs != 0 || operands.output->elements != batches * outputs) {
    return lowering.invalid("shapes " + conv_shape(operands) + " do not fit together");
  }
  p.batches = static_cast<std::int32_t>(batches);
  TINYRIG_RETURN_IF_ERROR(check_bias(lowering, operands, p.outputs));
  p.input_offset = -operands.input_affine.zero_point;
  p.output_offset = operands.output_affine.zero_point;
  TINYRIG_ASSIGN_OR_RETURN(const ActivationRange range, lowering.range(options.activation, operands.output_affine));
  p.activation_min = range.min;
  p.activation_max = range.max;
  TINYRIG_RETURN_IF_ERROR(fully_connected_multipliers(lowering, operands, p));
  p.input = lowering.read(*operands.input);
  p.output = lowering.write(*operands.output);
  p.weights = lowering.constant(weights);
  p.bias = operands.bias == nullptr ? packed::kNone : lowering.constant(*operands.bias);
  LoweredOperator& lowered = lowering.lowered();
  lowered.kind = packed::OperatorKind::kFullyConnected;
  lowered.macs = static_cast<std::uint64_t>(batches) * inputs * outputs;
  lowered.shape = conv_shape(operands);
  lowered.params = p;
  return absl::OkStatus();
}

}  // namespace tinyrig::model
