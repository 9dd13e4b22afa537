// Parameters of each operator kind in a packed model. Self-contained: a kernel needs its params, the
// image and the arena, nothing else. Offsets follow TensorFlow Lite's integer arithmetic: a value q
// stands for scale * (q - zero_point); `input_offset` is -zero_point, `output_offset` is +zero_point.
// Requantization: multiplier (Q31) and shift (positive: left) as in
// tensorflow/lite/kernels/internal/common.h, MultiplyByQuantizedMultiplier, double rounding.
#pragma once

#include <cstdint>

#include "wire/packed_model/format.h"

namespace tinyrig::packed {

// NHWC.
struct Shape4 {
  std::int32_t n, h, w, c;
};

// kConv2d, kDepthwiseConv2d, kTransposeConv. Portable layouts: weights as in the .tflite
// (conv OHWI; depthwise 1HWO; transpose conv OHWI). Per-output-channel int32 arrays: bias (or kNone),
// multipliers, shifts. Transpose conv uses `scratch` for int32 accumulators of the whole output.
struct ConvParams {
  DataRef input, output, weights, bias, multipliers, shifts, scratch;
  Shape4 input_shape, output_shape;
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  std::int32_t pad_top, pad_left;
  std::int32_t depth_multiplier;  // depthwise only
  std::int32_t input_offset, output_offset;
  std::int32_t activation_min, activation_max;
};

// weights: [outputs][inputs]. multipliers/shifts have `outputs` entries when per_channel, else one.
struct FullyConnectedParams {
  DataRef input, output, weights, bias, multipliers, shifts;
  std::int32_t batches, inputs, outputs;
  std::int32_t per_channel;
  std::int32_t input_offset, weights_offset, output_offset;
  std::int32_t activation_min, activation_max;
};

struct PoolParams {
  DataRef input, output;
  Shape4 input_shape, output_shape;
  std::int32_t filter_h, filter_w, stride_h, stride_w, pad_top, pad_left;
  std::int32_t activation_min, activation_max;
};

// kAdd (SUB has a negated input2_multiplier) and kMul (which uses the output multiplier and shift only). Broadcasting by strides:
// a dimension that an input lacks has stride 0. Strides in elements; dims right-aligned, leading 1s.
struct BinaryParams {
  DataRef input1, input2, output;
  std::int32_t dims[kMaxRank];
  std::int32_t strides1[kMaxRank];
  std::int32_t strides2[kMaxRank];
  std::int32_t left_shift;
  std::int32_t input1_offset, input1_multiplier, input1_shift;
  std::int32_t input2_offset, input2_multiplier, input2_shift;
  std::int32_t output_offset, output_multiplier, output_shift;
  std::int32_t activation_min, activation_max;
};

// kConcatenation and kSplit: `count` parts beside one whole. Rows of `outer` blocks; part i contributes
// part_bytes[i] to each. Followed in the image by DataRef parts[count], uint32_t part_bytes[count].
struct PartsParams {
  DataRef whole;
  std::uint32_t outer;
  std::uint32_t count;
};

struct CopyParams {
  DataRef input, output;  // equal: nothing to do
  std::uint32_t bytes;
};

struct PadParams {
  DataRef input, output;
  std::int32_t output_dims[kMaxRank];
  std::int32_t before[kMaxRank];
  std::int32_t input_dims[kMaxRank];
  std::int32_t value;
  std::uint32_t element_bytes;
};

// kTranspose, kStridedSlice: output[i] = input[start + sum(index_k * strides_k)], output in order.
struct GatherParams {
  DataRef input, output;
  std::int32_t dims[kMaxRank];     // of the output
  std::int32_t strides[kMaxRank];  // in the input, in elements; may be negative
  std::int32_t start;              // in elements
  std::uint32_t element_bytes;
};

// Sum over some dimensions, times 1 / count. Kept dimensions are walked by kept_*, summed ones by
// reduced_*; unused trailing entries are 1 with stride 0.
struct MeanParams {
  DataRef input, output;
  std::int32_t kept_dims[kMaxRank], kept_strides[kMaxRank];
  std::int32_t reduced_dims[kMaxRank], reduced_strides[kMaxRank];
  std::int32_t count;
  std::int32_t input_zero_point, output_zero_point;
  std::int32_t multiplier, shift;
};

struct SoftmaxParams {
  DataRef input, output;
  std::int32_t rows, depth;
  std::int32_t input_multiplier, input_left_shift, diff_min;
};

// output[i] = table[(uint8_t)input[i]], the table in the image, indexed by the int8's bits.
struct LookupParams {
  DataRef input, output, table;
  std::uint32_t count;
};

// kQuantize, kDequantize.
struct ConvertParams {
  DataRef input, output;
  std::uint32_t count;
  float scale;
  std::int32_t zero_point;
};

struct ResizeParams {
  DataRef input, output;
  Shape4 input_shape, output_shape;
  std::int32_t align_corners, half_pixel_centers;
};

}  // namespace tinyrig::packed
