// Operators that only move elements: RESHAPE and its kin, PAD, TRANSPOSE, STRIDED_SLICE, CONCATENATION,
// SPLIT and RESIZE_NEAREST_NEIGHBOR.
#include <algorithm>
#include <limits>

#include "server/base/status_macros.h"
#include "server/model/lowering.h"

namespace tinyrig::model {
namespace {

constexpr std::size_t kRank = packed::kMaxRank;

// `values` right-aligned in six places, `fill` before them.
void align_right(const std::vector<std::int32_t>& values, std::int32_t fill, std::int32_t (&target)[kRank]) {
  std::fill(std::begin(target), std::end(target), fill);
  std::copy(values.rbegin(), values.rend(), std::make_reverse_iterator(std::end(target)));
}

// Row-major strides, in elements.
std::vector<std::int32_t> strides_of(const std::vector<std::int32_t>& shape) {
  std::vector<std::int32_t> strides(shape.size());
  std::int32_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

std::size_t product(const std::vector<std::int32_t>& dims) {
  std::size_t result = 1;
  for (const std::int32_t dimension : dims) result *= static_cast<std::size_t>(dimension);
  return result;
}

absl::StatusOr<std::size_t> resolve_axis(Lowering& lowering, std::int32_t axis, const Tensor& tensor) {
  const auto rank = static_cast<std::int32_t>(tensor.shape.size());
  const std::int64_t resolved = axis < 0 ? std::int64_t{axis} + rank : axis;
  if (resolved < 0 || resolved >= rank) {
    return lowering.invalid("axis " + std::to_string(axis) + " of " + lowering.describe(tensor) + " of shape " +
                            shape_text(tensor.shape));
  }
  return static_cast<std::size_t>(resolved);
}

absl::Status same_quantization(Lowering& lowering, const Tensor& a, const Tensor& b) {
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine first, lowering.affine(a));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine second, lowering.affine(b));
  if (first.zero_point == second.zero_point && std::abs(first.scale - second.scale) <= 1.0e-6F) {
    return absl::OkStatus();
  }
  return lowering.unsupported(lowering.describe(a) + " and " + lowering.describe(b) +
                              " have different quantizations; elements are moved as they are");
}

}  // namespace

absl::Status lower_copy(Lowering& lowering) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, 2, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.movable_input(0, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.movable_output(0, *input));
  if (input->elements != output->elements) {
    return lowering.invalid("shapes " + unary_shape(*input, *output) + " have different sizes");
  }
  packed::CopyParams p{};
  p.bytes = static_cast<std::uint32_t>(output->bytes);
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kCopy;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

absl::Status lower_pad(Lowering& lowering) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 3, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> paddings, lowering.integers(1, "paddings"));
  TINYRIG_ASSIGN_OR_RETURN(const Lowering::Affine affine, lowering.affine(*output));
  TINYRIG_RETURN_IF_ERROR(same_quantization(lowering, *input, *output));
  packed::PadParams p{};
  p.value = affine.zero_point;
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* value, lowering.optional_constant(2, TensorType::kInt8, "the padding value"));
  if (value != nullptr) {
    TINYRIG_RETURN_IF_ERROR(same_quantization(lowering, *value, *output));
    if (value->elements != 1) return lowering.invalid("the padding value is not one element");
    p.value = static_cast<std::int8_t>(value->data[0]);
  }
  const std::size_t rank = input->shape.size();
  bool fits = output->shape.size() == rank && paddings.size() == 2 * rank;
  std::vector<std::int32_t> before;
  for (std::size_t i = 0; fits && i < rank; ++i) {
    before.push_back(paddings[2 * i]);
    fits = paddings[2 * i] >= 0 && paddings[2 * i + 1] >= 0 &&
           std::int64_t{input->shape[i]} + paddings[2 * i] + paddings[2 * i + 1] == output->shape[i];
  }
  if (!fits) return lowering.invalid("shapes " + unary_shape(*input, *output) + " do not fit the paddings");
  align_right(output->shape, 1, p.output_dims);
  align_right(input->shape, 1, p.input_dims);
  align_right(before, 0, p.before);
  p.element_bytes = 1;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kPad;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

absl::Status lower_transpose(Lowering& lowering) {
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 2, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.movable_input(0, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.movable_output(0, *input));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> order, lowering.integers(1, "permutation"));
  const std::size_t rank = input->shape.size();
  const std::vector<std::int32_t> input_strides = strides_of(input->shape);
  std::vector<std::int32_t> dims, strides;
  std::uint32_t seen = 0;
  for (const std::int32_t axis : order) {
    TINYRIG_ASSIGN_OR_RETURN(const std::size_t from, resolve_axis(lowering, axis, *input));
    seen |= 1U << from;
    dims.push_back(input->shape[from]);
    strides.push_back(input_strides[from]);
  }
  if (order.size() != rank || seen != (1U << rank) - 1 || dims != output->shape) {
    return lowering.invalid("shapes " + unary_shape(*input, *output) + " do not fit the permutation");
  }
  packed::GatherParams p{};
  align_right(dims, 1, p.dims);
  align_right(strides, 0, p.strides);
  p.element_bytes = static_cast<std::uint32_t>(type_bytes(input->type));
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kTranspose;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

namespace {

struct Slice {
  std::int64_t start = 0;
  std::int64_t count = 0;
};

// One axis of STRIDED_SLICE; indices as in NumPy: negative ones from the end, then cut to the axis.
Slice slice_axis(std::int64_t size, std::int64_t begin, std::int64_t end, std::int64_t stride, bool begin_masked,
                 bool end_masked, bool shrink) {
  const std::int64_t low = stride > 0 ? 0 : -1;
  const std::int64_t high = stride > 0 ? size : size - 1;
  const auto resolve = [&](std::int64_t index) { return std::clamp(index < 0 ? index + size : index, low, high); };
  Slice slice;
  slice.start = begin_masked ? (stride > 0 ? 0 : size - 1) : resolve(begin);
  if (shrink) {
    slice.count = 1;
    return slice;
  }
  const std::int64_t stop = end_masked ? (stride > 0 ? size : -1) : resolve(end);
  const std::int64_t step = stride > 0 ? stride : -stride;
  const std::int64_t span = stride > 0 ? stop - slice.start : slice.start - stop;
  slice.count = span <= 0 ? 0 : (span + step - 1) / step;
  return slice;
}

}  // namespace

absl::Status lower_strided_slice(Lowering& lowering) {
  const auto& options = std::get<StridedSliceOptions>(lowering.op().options);
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(4, 4, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.movable_input(0, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.movable_output(0, *input));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> begin, lowering.integers(1, "begin"));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> end, lowering.integers(2, "end"));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> step, lowering.integers(3, "strides"));
  const std::size_t rank = input->shape.size();
  if (begin.size() != rank || end.size() != rank || step.size() != rank) {
    return lowering.unsupported("begin, end and strides must name every dimension of the input");
  }
  const std::vector<std::int32_t> input_strides = strides_of(input->shape);
  std::vector<std::int32_t> dims, strides, kept;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto masked = [i](std::int32_t mask) { return (static_cast<std::uint32_t>(mask) >> i & 1U) != 0; };
    const bool shrink = masked(options.shrink_axis_mask);
    if (step[i] == 0) return lowering.invalid("stride 0 along dimension " + std::to_string(i));
    const Slice slice = slice_axis(input->shape[i], begin[i], end[i], step[i], masked(options.begin_mask),
                                   masked(options.end_mask), shrink);
    if (slice.count < 1 || slice.start < 0 || slice.start >= input->shape[i]) {
      return lowering.invalid("nothing is left of dimension " + std::to_string(i));
    }
    start += slice.start * input_strides[i];
    dims.push_back(static_cast<std::int32_t>(slice.count));
    // Several elements: the stride is smaller than the axis, so that the product fits.
    strides.push_back(slice.count == 1 ? 0 : step[i] * input_strides[i]);
    if (!shrink) kept.push_back(dims.back());
  }
  if (kept != output->shape) {
    return lowering.invalid("output of shape " + shape_text(output->shape) + "; the slice gives " + shape_text(kept));
  }
  packed::GatherParams p{};
  align_right(dims, 1, p.dims);
  align_right(strides, 0, p.strides);
  p.start = static_cast<std::int32_t>(start);
  p.element_bytes = static_cast<std::uint32_t>(type_bytes(input->type));
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kStridedSlice;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

namespace {

// Whether `part` has the shape of `whole` except along `axis`; then its bytes in each row of the whole.
absl::StatusOr<std::uint32_t> part_bytes(Lowering& lowering, const Tensor& part, const Tensor& whole,
                                         std::size_t axis) {
  bool fits = part.shape.size() == whole.shape.size();
  std::size_t bytes = type_bytes(part.type);
  for (std::size_t i = 0; fits && i < part.shape.size(); ++i) {
    fits = i == axis || part.shape[i] == whole.shape[i];
    if (i >= axis) bytes *= static_cast<std::size_t>(part.shape[i]);
  }
  if (!fits) {
    return lowering.invalid(lowering.describe(part) + " of shape " + shape_text(part.shape) + " is no part of " +
                            shape_text(whole.shape) + " along dimension " + std::to_string(axis));
  }
  return static_cast<std::uint32_t>(bytes);
}

std::uint32_t outer_rows(const Tensor& whole, std::size_t axis) {
  return static_cast<std::uint32_t>(
      product({whole.shape.begin(), whole.shape.begin() + static_cast<std::ptrdiff_t>(axis)}));
}

}  // namespace

absl::Status lower_concatenation(Lowering& lowering) {
  const auto& options = std::get<ConcatenationOptions>(lowering.op().options);
  const Operator& op = lowering.op();
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(1, op.inputs.size(), 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const std::size_t axis, resolve_axis(lowering, options.axis, *output));
  PartsOperands parts;
  std::string shapes;
  std::int64_t along = 0;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    TINYRIG_ASSIGN_OR_RETURN(const Tensor* input,
                             lowering.input(i, TensorType::kInt8, ("input " + std::to_string(i)).c_str()));
    TINYRIG_RETURN_IF_ERROR(same_quantization(lowering, *input, *output));
    TINYRIG_ASSIGN_OR_RETURN(const std::uint32_t bytes, part_bytes(lowering, *input, *output, axis));
    parts.part_bytes.push_back(bytes);
    parts.parts.push_back(lowering.read(*input));
    along += input->shape[axis];
    shapes += (i == 0 ? "" : ", ") + shape_text(input->shape);
  }
  if (along != output->shape[axis]) {
    return lowering.invalid("inputs " + shapes + " do not make up " + shape_text(output->shape));
  }
  parts.head.outer = outer_rows(*output, axis);
  parts.head.count = static_cast<std::uint32_t>(parts.parts.size());
  parts.head.whole = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kConcatenation;
  lowering.lowered().shape = shapes + " -> " + shape_text(output->shape);
  lowering.lowered().params = std::move(parts);
  return absl::OkStatus();
}

absl::Status lower_split(Lowering& lowering) {
  const Operator& op = lowering.op();
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 2, op.outputs.size()));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> axes, lowering.integers(0, "axis", 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.movable_input(1, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const std::size_t axis, resolve_axis(lowering, axes[0], *input));
  PartsOperands parts;
  std::string shapes;
  std::int64_t along = 0;
  for (std::size_t i = 0; i < op.outputs.size(); ++i) {
    TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(i, input->type));
    TINYRIG_ASSIGN_OR_RETURN(const std::uint32_t bytes, part_bytes(lowering, *output, *input, axis));
    parts.part_bytes.push_back(bytes);
    parts.parts.push_back(lowering.write(*output));
    along += output->shape[axis];
    shapes += (i == 0 ? "" : ", ") + shape_text(output->shape);
  }
  if (along != input->shape[axis]) {
    return lowering.invalid("outputs " + shapes + " do not make up " + shape_text(input->shape));
  }
  parts.head.outer = outer_rows(*input, axis);
  parts.head.count = static_cast<std::uint32_t>(parts.parts.size());
  parts.head.whole = lowering.read(*input);
  lowering.lowered().kind = packed::OperatorKind::kSplit;
  lowering.lowered().shape = shape_text(input->shape) + " -> " + shapes;
  lowering.lowered().params = std::move(parts);
  return absl::OkStatus();
}

absl::Status lower_resize(Lowering& lowering) {
  const auto& options = std::get<ResizeOptions>(lowering.op().options);
  TINYRIG_RETURN_IF_ERROR(lowering.check_operand_count(2, 2, 1));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* input, lowering.input(0, TensorType::kInt8, "input"));
  TINYRIG_ASSIGN_OR_RETURN(const Tensor* output, lowering.output(0, TensorType::kInt8));
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<std::int32_t> size, lowering.integers(1, "size", 2));
  packed::ResizeParams p{};
  TINYRIG_ASSIGN_OR_RETURN(p.input_shape, shape4(lowering, *input, "input"));
  TINYRIG_ASSIGN_OR_RETURN(p.output_shape, shape4(lowering, *output, "output"));
  if (size.size() != 2 || size[0] != p.output_shape.h || size[1] != p.output_shape.w ||
      p.input_shape.n != p.output_shape.n || p.input_shape.c != p.output_shape.c) {
    return lowering.invalid("shapes " + unary_shape(*input, *output) + " do not fit the size");
  }
  p.align_corners = options.align_corners ? 1 : 0;
  p.half_pixel_centers = options.half_pixel_centers ? 1 : 0;
  p.input = lowering.read(*input);
  p.output = lowering.write(*output);
  lowering.lowered().kind = packed::OperatorKind::kResizeNearestNeighbor;
  lowering.lowered().shape = unary_shape(*input, *output);
  lowering.lowered().params = p;
  return absl::OkStatus();
}

}  // namespace tinyrig::model
