// Tables of 256 for int8 -> int8 functions of one value, computed with the integer arithmetic of TensorFlow
// Lite Micro's reference kernels (tensorflow/lite/kernels/internal/reference: integer_ops/logistic.h,
// integer_ops/tanh.h, hard_swish.h, leaky_relu.h, requantize.h; micro/kernels/activations*).
//
// Entry i is the output for the int8 whose bits are i. Thread-safe: pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"

namespace tinyrig::model {

using LookupTable = std::array<std::uint8_t, 256>;

/// Scale (positive, finite) and zero point (int8) of both ends.
struct LookupEnds {
  float input_scale = 1.0F;
  std::int32_t input_zero_point = 0;
  float output_scale = 1.0F;
  std::int32_t output_zero_point = 0;
};

/// The output stands for 1/256 steps from zero point -128, whatever `ends` says of it.
LookupTable logistic_table(const LookupEnds& ends);
/// The output stands for 1/128 steps around zero point 0, whatever `ends` says of it.
LookupTable tanh_table(const LookupEnds& ends);
/// The others: INVALID_ARGUMENT, without a reason, when a ratio of scales is out of the arithmetic's range.
absl::StatusOr<LookupTable> requantize_table(const LookupEnds& ends);
absl::StatusOr<LookupTable> relu_table(const LookupEnds& ends);
/// Clamps within the input's quantization; the output's is not looked at.
absl::StatusOr<LookupTable> relu6_table(const LookupEnds& ends);
absl::StatusOr<LookupTable> leaky_relu_table(const LookupEnds& ends, float alpha);
absl::StatusOr<LookupTable> hard_swish_table(const LookupEnds& ends);

}  // namespace tinyrig::model
