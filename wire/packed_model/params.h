// Parameters of each operator kind in a packed model. Self-contained: a kernel needs its params, the
// image and the arena, nothing else. Offsets follow TensorFlow Lite's integer arithmetic: a value q
// stands for scale * (q - zero_point); `input_offset` is -zero_point, `output_offset` is +zero_point.
// Requantization: multiplier (Q31) and shift (positive: left) as in
// tensorflow/lite/kernels/internal/common.h, MultiplyByQuantizedMultiplier, double rounding.
//
// What load() holds every operator to (violations are kBadModel):
// - A DataRef into the image is a multiple of kAlignment; one into the arena is a multiple of its element's
//   size (int8 1, int32 and float 4). Everything written is in the arena, below Header::arena_bytes.
// - Dimensions are positive. Spatial extents (h, w, kernel, filter, stride, dilation, pad) are <= 32767.
// - input_offset in [-127, 128], output_offset in [-128, 127], -128 <= activation_min <= activation_max
//   <= 127, multipliers >= 0, shifts in [-31, 30].
// - An output may be the very same bytes as an input for kCopy, kLookup, kSoftmax and kQuantize, and for
//   kAdd and kMul when that input is not broadcast. Any other overlap gives wrong results (never a fault).
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
// multipliers, shifts. Conv is not grouped (weights' I equals input c). Transpose conv: output = scatter of
// input * weights at (y * stride - pad_top + ky), no dilation. Portable kernels need no scratch: kNone.
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
static_assert(sizeof(ConvParams) == 112);

// What a core's own convolution kernels keep for each output channel, where the portable ones have bias,
// multiplier and shift: ConvParams::bias refers to Requantization[channels], multipliers and shifts are kNone.
//   scaled = ((accumulator + bias) * multiplier + 2^30) >> 31
//   output = clamp((scaled - (scaled < 0 ? 1 : 0) + rounding) >> shift)
// with the input's offset folded into bias, the output's and half a step into rounding:
// bias = bias + input_offset * sum(weights), rounding = 2^(shift - 1) + (output_offset << shift). The
// accumulator is then sum(input * weight) over every tap, with the input's zero point in the padding.
// Equal to the reference's double rounding for |accumulator + bias| < 2^30 and shift in
// [kMinRightShift, kMaxRightShift], which the packer proves for each channel before it chooses such a kernel.
struct Requantization {
  std::int32_t bias, multiplier, rounding, shift;
};
static_assert(sizeof(Requantization) == 16);
inline constexpr std::int32_t kMinRightShift = 1;
inline constexpr std::int32_t kMaxRightShift = 22;

// weights: [outputs][inputs]. multipliers/shifts have `outputs` entries when per_channel, else one.
// output = requantize(sum((input + input_offset) * (weight + weights_offset)) + bias).
struct FullyConnectedParams {
  DataRef input, output, weights, bias, multipliers, shifts;
  std::int32_t batches, inputs, outputs;
  std::int32_t per_channel;
  std::int32_t input_offset, weights_offset, output_offset;
  std::int32_t activation_min, activation_max;
};
static_assert(sizeof(FullyConnectedParams) == 60);

// Cells outside the input do not count, for the average's divisor either. Every window holds at least one
// cell: pad < filter and (out - 1) * stride - pad < in.
struct PoolParams {
  DataRef input, output;
  Shape4 input_shape, output_shape;
  std::int32_t filter_h, filter_w, stride_h, stride_w, pad_top, pad_left;
  std::int32_t activation_min, activation_max;
};
static_assert(sizeof(PoolParams) == 72);

// kAdd (SUB has a negated input2_multiplier: the magnitude scales, then the result is subtracted, as TFLM
// rounds) and kMul (which uses the output multiplier and shift only). Broadcasting by strides: a dimension
// that an input lacks has stride 0. Strides in elements, >= 0; dims right-aligned, leading 1s.
// kAdd: left_shift in [0, 22] (TFLM: 20) and no shift above 0.
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
static_assert(sizeof(BinaryParams) == 132);

// kConcatenation and kSplit: `count` parts beside one whole. Rows of `outer` blocks; part i contributes
// part_bytes[i] to each. Followed in the image by DataRef parts[count], uint32_t part_bytes[count], which
// params_bytes includes. kConcatenation: parts -> whole; kSplit: whole -> parts. No requantization.
struct PartsParams {
  DataRef whole;
  std::uint32_t outer;
  std::uint32_t count;
};
static_assert(sizeof(PartsParams) == 12);

struct CopyParams {
  DataRef input, output;  // equal: nothing to do
  std::uint32_t bytes;
};
static_assert(sizeof(CopyParams) == 12);

// Dims right-aligned, leading 1s. What lies after is output_dims - before - input_dims, never negative.
// element_bytes 1; `value` is the int8 to fill with (the zero point).
struct PadParams {
  DataRef input, output;
  std::int32_t output_dims[kMaxRank];
  std::int32_t before[kMaxRank];
  std::int32_t input_dims[kMaxRank];
  std::int32_t value;
  std::uint32_t element_bytes;
};
static_assert(sizeof(PadParams) == 88);

// kTranspose, kStridedSlice: output[i] = input[start + sum(index_k * strides_k)], output in order; dims
// right-aligned, leading 1s. element_bytes 1 or 4.
struct GatherParams {
  DataRef input, output;
  std::int32_t dims[kMaxRank];     // of the output
  std::int32_t strides[kMaxRank];  // in the input, in elements; may be negative
  std::int32_t start;              // in elements
  std::uint32_t element_bytes;
};
static_assert(sizeof(GatherParams) == 64);

// Sum over some dimensions, times 1 / count. Kept dimensions are walked by kept_*, summed ones by
// reduced_*; unused trailing entries are 1 with stride 0. count is the product of reduced_dims.
// output = requantize(sum - count * input_zero_point) with 1 / count folded in, as TFLM does (reduce.h,
// QuantizedMeanOrSum): fold = min(floor(log2(count)), 32, 31 + shift of scale_in / scale_out);
// multiplier = (int64(m) << fold) / count, truncated; shift -= fold. Clamped to int8.
struct MeanParams {
  DataRef input, output;
  std::int32_t kept_dims[kMaxRank], kept_strides[kMaxRank];
  std::int32_t reduced_dims[kMaxRank], reduced_strides[kMaxRank];
  std::int32_t count;
  std::int32_t input_zero_point, output_zero_point;
  std::int32_t multiplier, shift;
};
static_assert(sizeof(MeanParams) == 124);

// As TFLM's int8 reference: exp in Q5.26, sum in Q12.19. input_left_shift in [0, 31],
// diff_min = -floor(31 * 2^26 / 2^input_left_shift) (no lower). Output scale 1/256, zero point -128.
struct SoftmaxParams {
  DataRef input, output;
  std::int32_t rows, depth;
  std::int32_t input_multiplier, input_left_shift, diff_min;
};
static_assert(sizeof(SoftmaxParams) == 28);

// output[i] = table[(uint8_t)input[i]], the table in the image, indexed by the int8's bits.
struct LookupParams {
  DataRef input, output, table;
  std::uint32_t count;
};
static_assert(sizeof(LookupParams) == 16);

// kQuantize: int8(round(x / scale) + zero_point), halves away from zero, saturated; NaN gives zero_point.
// kDequantize: scale * (q - zero_point). scale is finite and > 0.
struct ConvertParams {
  DataRef input, output;
  std::uint32_t count;
  float scale;
  std::int32_t zero_point;
};
static_assert(sizeof(ConvertParams) == 20);

// NHWC int8, n and c kept. Per axis, in float as TFLM: scale = align_corners && out > 1 ? (in - 1) / (out - 1)
// : in / out; source = align_corners ? round((i + o) * scale) : floor((i + o) * scale), o = 0.5 with
// half_pixel_centers, else 0; at most in - 1.
struct ResizeParams {
  DataRef input, output;
  Shape4 input_shape, output_shape;
  std::int32_t align_corners, half_pixel_centers;
};
static_assert(sizeof(ResizeParams) == 48);

}  // namespace tinyrig::packed
