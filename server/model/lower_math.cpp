// Pools, ADD, SUB, MUL, MEAN, SOFTMAX, functions of one value, QUANTIZE and DEQUANTIZE.
#include <algorithm>
#include <bit>
#include <cmath>

#include "server/base/status_macros.h"
#include "server/model/lookup.h"
#include "server/model/lowering.h"

namespace tinyrig::model {
namespace {

constexpr char kAveraged[] = "inputs and outputs must share one quantization here";

absl::Status same_shape(Lowering& lowering, const Tensor& input, const Tensor& output) {
  if (input.shape == output.shape) return absl::OkStatus();
  return lowering.invalid("input of shape " + shape_text(input.shape) + " and output of shape " +
                          shape_text(output.shape) + " differ");
}

}  // namespace

absl::Status lower_pool(Lowering& lowering) {
  const auto& options = std::get<PoolOptions>(lowering.op().options);
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, 1, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine from, lowering.affine(*input));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine to, lowering.affine(*output));
  const double difference = std::abs(static_cast<double>(from.scale) - static_cast<double>(to.scale));
  if (difference > 1.0e-6 || from.zero_point != to.zero_point) return lowering.unsupported(kAveraged);
  packed::PoolParams p{};
  TINYRIG_ASSIGN_OR_RETURN(p.input_shape, shape4(lowering, *input, "input"));
  TINYRIG_ASSIGN_OR_RETURN(p.output_shape, shape4(lowering, *output, "output"));
  p.filter_h = options.filter_h;
  p.filter_w = options.filter_w;
  p.stride_h = options.stride_h;
  p.stride_w = options.stride_w;
  const Window rows = window(options.padding, p.input_shape.h, p.filter_h, p.stride_h, 1);
  const Window columns = window(options.padding, p.input_shape.w, p.filter_w, p.stride_w, 1);
  if (rows.output != p.output_shape.h || columns.output != p.output_shape.w || p.input_shape.n != p.output_shape.n ||
      p.input_shape.c != p.output_shape.c) {
    return lowering.invalid("shapes " + unary_shape(*input, *output) + " do not fit a filter of " +
                            std::to_string(p.filter_h) + "x" + std::to_string(p.filter_w));
  }
  p.pad_top = static_cast<std::int32_t>(rows.pad_before);
  p.pad_left = static_cast<std::int32_t>(columns.pad_before);
  TINYRIG_ASSIGN_OR_RETURN(const ActivationRange range, lowering.range(options.activation, to));
  p.activation_min = range.min;
  p.activation_max = range.max;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  LoweredOperator& lowered = lowering.lowered();
  lowered.kind = lowering.op().code == OperatorCode::kMaxPool2d ? packed::OperatorKind::kMaxPool2d
                                                                : packed::OperatorKind::kAveragePool2d;
  lowered.shape = shape_text(input->shape) + " / " + std::to_string(p.filter_h) + "x" + std::to_string(p.filter_w) +
                  " -> " + shape_text(output->shape);
  lowered.params = p;
  return absl::OkStatus();
}

namespace {

// Strides of `shape` when walked by `dims` (right-aligned); false when it does not broadcast to them.
bool broadcast_strides(const std::vector<std::int32_t>& shape, const std::int32_t (&dims)[packed::kMaxRank],
                       std::int32_t (&strides)[packed::kMaxRank]) {
  std::int32_t stride = 1;
  for (int i = 0; i < packed::kMaxRank; ++i) {
    const int axis = packed::kMaxRank - 1 - i;
    const int from = static_cast<int>(shape.size()) - 1 - i;
    const std::int32_t size = from < 0 ? 1 : shape[static_cast<std::size_t>(from)];
    if (size != 1 && size != dims[axis]) return false;
    strides[axis] = size == 1 ? 0 : stride;
    stride *= size;
  }
  return true;
}

struct BinaryScales {
  Lowering::Affine input1, input2, output;
};

// In double for ADD and SUB alike, as the pinned oracle computes them; older releases of TensorFlow Lite Micro
// took SUB's ratios (and LEAKY_RELU's, lookup.cpp) in float, which differs in the last bit of a multiplier.
absl::Status add_multipliers(Lowering& lowering, const BinaryScales& scales, packed::BinaryParams& p) {
  p.left_shift = 20;
  const bool subtract = lowering.op().code == OperatorCode::kSub;
  const double twice_largest = 2 * static_cast<double>(std::max(scales.input1.scale, scales.input2.scale));
  const double real1 = static_cast<double>(scales.input1.scale) / twice_largest;
  const double real2 = static_cast<double>(scales.input2.scale) / twice_largest;
  const double real_output = twice_largest / ((1 << p.left_shift) * static_cast<double>(scales.output.scale));
  if (!(real_output < 1.0)) return lowering.unsupported("the output's scale is too small for the inputs' scales");
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier input1, lowering.multiplier(real1, "input 0"));
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier input2, lowering.multiplier(real2, "input 1"));
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier output, lowering.multiplier(real_output, "output"));
  if (output.shift > 0) return lowering.unsupported("the output's scale is too small for the inputs' scales");
  p.input1_multiplier = input1.value;
  p.input1_shift = input1.shift;
  p.input2_multiplier = subtract ? -input2.value : input2.value;
  p.input2_shift = input2.shift;
  p.output_multiplier = output.value;
  p.output_shift = output.shift;
  return absl::OkStatus();
}

}  // namespace

absl::Status lower_binary(Lowering& lowering) {
  const auto& options = std::get<FusedOptions>(lowering.op().options);
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 2, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input1, lowering.input(0, TensorType::kInt8, "input 0"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input2, lowering.input(1, TensorType::kInt8, "input 1"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  BinaryScales scales;
  TINYRIG_ASSIGN_OR_RETURN(scales.input1, lowering.affine(*input1));
  TINYRIG_ASSIGN_OR_RETURN(scales.input2, lowering.affine(*input2));
  TINYRIG_ASSIGN_OR_RETURN(scales.output, lowering.affine(*output));

  packed::BinaryParams p{};
  const std::vector<std::int32_t>& shape = output->shape;
  std::fill(std::begin(p.dims), std::end(p.dims), 1);
  std::copy(shape.rbegin(), shape.rend(), std::make_reverse_iterator(std::end(p.dims)));
  const bool larger_rank = input1->shape.size() > shape.size() || input2->shape.size() > shape.size();
  if (larger_rank || !broadcast_strides(input1->shape, p.dims, p.strides1) ||
      !broadcast_strides(input2->shape, p.dims, p.strides2)) {
    return lowering.invalid("shapes " + shape_text(input1->shape) + " and " + shape_text(input2->shape) +
                            " do not broadcast to " + shape_text(shape));
  }
  LoweredOperator& lowered = lowering.lowered();
  if (lowering.op().code == OperatorCode::kMul) {
    lowered.kind = packed::OperatorKind::kMul;
    const double real = static_cast<double>(scales.input1.scale) * static_cast<double>(scales.input2.scale) /
                        static_cast<double>(scales.output.scale);
    TINYRIG_ASSIGN_OR_RETURN(const Multiplier multiplier, lowering.multiplier(real, "output"));
    p.output_multiplier = multiplier.value;
    p.output_shift = multiplier.shift;
  } else {
    lowered.kind = packed::OperatorKind::kAdd;
    TINYRIG_RETURN_IF_ERROR(add_multipliers(lowering, scales, p));
  }
  p.input1_offset = -scales.input1.zero_point;
  p.input2_offset = -scales.input2.zero_point;
  p.output_offset = scales.output.zero_point;
  TINYRIG_ASSIGN_OR_RETURN(const ActivationRange range, lowering.range(options.activation, scales.output));
  p.activation_min = range.min;
  p.activation_max = range.max;
  p.input1 = lowering.read(*input1);
  p.input2 = lowering.read(*input2);
  p.output = lowering.write(*output);
  // An input of the output's size is walked as the output is.
  if (input1->elements == output->elements) lowering.allow_in_place(*input1);
  if (input2->elements == output->elements) lowering.allow_in_place(*input2);
  lowered.shape = shape_text(input1->shape) + ", " + shape_text(input2->shape) + " -> " + shape_text(shape);
  lowered.params = p;
  return absl::OkStatus();
}

absl::Status lower_mean(Lowering& lowering) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 2, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> axes, lowering.integers(1, "axes"));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine from, lowering.affine(*input));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine to, lowering.affine(*output));
  const auto rank = static_cast<std::int32_t>(input->shape.size());
  std::uint32_t reduced = 0;
  for (const std::int32_t axis : axes) {
    const std::int32_t resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank) {
      return lowering.invalid("axis " + std::to_string(axis) + " of an input of rank " + std::to_string(rank));
    }
    reduced |= 1U << resolved;
  }
  packed::MeanParams p{};
  for (int i = 0; i < packed::kMaxRank; ++i) p.kept_dims[i] = p.reduced_dims[i] = 1;
  std::int64_t count = 1;
  std::int32_t stride = static_cast<std::int32_t>(input->elements);
  int kept = 0, summed = 0;
  for (std::int32_t axis = 0; axis < rank; ++axis) {
    const std::int32_t size = input->shape[static_cast<std::size_t>(axis)];
    stride /= size;
    if ((reduced >> axis & 1U) != 0) {
      p.reduced_dims[summed] = size;
      p.reduced_strides[summed++] = stride;
      count *= size;
    } else {
      p.kept_dims[kept] = size;
      p.kept_strides[kept++] = stride;
    }
  }
  if (output->elements != input->elements / static_cast<std::size_t>(count)) {
    return lowering.invalid("shapes " + unary_shape(*input, *output) + " do not fit the axes");
  }
  TINYRIG_ASSIGN_OR_RETURN(
      const Multiplier ratio,
      lowering.multiplier(static_cast<double>(from.scale) / static_cast<double>(to.scale), "output"));
  // 1 / count goes into the multiplier, with as many extra bits as its range allows.
  const int spare =
      std::min({static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count))) - 1, 32, 31 + ratio.shift});
  p.count = static_cast<std::int32_t>(count);
  p.multiplier = static_cast<std::int32_t>((static_cast<std::int64_t>(ratio.value) << spare) / count);
  p.shift = ratio.shift - spare;
  p.input_zero_point = from.zero_point;
  p.output_zero_point = to.zero_point;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kMean;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

absl::Status lower_softmax(Lowering& lowering) {
  const auto& options = std::get<SoftmaxOptions>(lowering.op().options);
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, 1, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine from, lowering.affine(*input));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine to, lowering.affine(*output));
  TINYRIG_RETURN_IF_ERROR(same_shape(lowering, *input, *output));
  if (input->shape.empty()) return lowering.unsupported("the input is a scalar");
  if (to.zero_point != -128 || to.scale != 1.0F / 256.0F) {
    return lowering.unsupported("the output's scale must be 1/256 and its zero point -128");
  }
  const absl::StatusOr<SoftmaxScaling> scaling = softmax_scaling(options.beta, from.scale);
  if (!scaling.ok()) return lowering.unsupported(std::string(scaling.status().message()));
  packed::SoftmaxParams p{};
  p.depth = input->shape.back();
  p.rows = static_cast<std::int32_t>(input->elements / static_cast<std::size_t>(p.depth));
  p.input_multiplier = scaling->multiplier;
  p.input_left_shift = scaling->left_shift;
  p.diff_min = scaling->diff_min;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.allow_in_place(*input);
  lowering.lowered().kind = packed::OperatorKind::kSoftmax;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

namespace {

absl::StatusOr<LookupTable> table_of(Lowering& lowering, const LookupEnds& ends) {
  switch (lowering.op().code) {
    case OperatorCode::kLogistic:
      if (ends.output_zero_point != -128 || ends.output_scale != 1.0F / 256.0F) {
        return absl::InvalidArgumentError("the output's scale must be 1/256 and its zero point -128");
      }
      return logistic_table(ends);
    case OperatorCode::kTanh:
      if (ends.output_zero_point != 0 || ends.output_scale != 1.0F / 128.0F) {
        return absl::InvalidArgumentError("the output's scale must be 1/128 and its zero point 0");
      }
      return tanh_table(ends);
    case OperatorCode::kRelu:
      return relu_table(ends);
    case OperatorCode::kRelu6:
      return relu6_table(ends);
    case OperatorCode::kHardSwish:
      return hard_swish_table(ends);
    case OperatorCode::kLeakyRelu:
      return leaky_relu_table(ends, std::get<LeakyReluOptions>(lowering.op().options).alpha);
    default:
      return requantize_table(ends);
  }
}

}  // namespace

absl::Status lower_lookup(Lowering& lowering) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, 1, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine from, lowering.affine(*input));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine to, lowering.affine(*output));
  TINYRIG_RETURN_IF_ERROR(same_shape(lowering, *input, *output));
  const absl::StatusOr<LookupTable> table = table_of(lowering, {from.scale, from.zero_point, to.scale, to.zero_point});
  if (!table.ok()) return lowering.unsupported(std::string(table.status().message()));
  packed::LookupParams p{};
  p.count = static_cast<std::uint32_t>(input->elements);
  p.table = lowering.table({table->begin(), table->end()});
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.allow_in_place(*input);
  lowering.lowered().kind = packed::OperatorKind::kLookup;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

namespace {

absl::Status lower_convert(Lowering& lowering, TensorType from, TensorType to, packed::OperatorKind kind) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, 1, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, from, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, to));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine affine,
                           lowering.affine(from == TensorType::kInt8 ? *input : *output));
  TINYRIG_RETURN_IF_ERROR(same_shape(lowering, *input, *output));
  packed::ConvertParams p{};
  p.count = static_cast<std::uint32_t>(input->elements);
  p.scale = affine.scale;
  p.zero_point = affine.zero_point;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = kind;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

}  // namespace

absl::Status lower_quantize(Lowering& lowering) {
  const Operator& op = lowering.op();
  const bool rescales = !op.inputs.empty() && op.inputs[0] != kAbsent &&
                        lowering.graph().tensors[static_cast<std::size_t>(op.inputs[0])].type == TensorType::kInt8;
  if (rescales) return lower_lookup(lowering);
  return lower_convert(lowering, TensorType::kFloat32, TensorType::kInt8, packed::OperatorKind::kQuantize);
}

absl::Status lower_dequantize(Lowering& lowering) {
  return lower_convert(lowering, TensorType::kInt8, TensorType::kFloat32, packed::OperatorKind::kDequantize);
}

}  // namespace tinyrig::model
