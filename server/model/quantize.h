// TensorFlow Lite Micro's preparation of integer arithmetic, in the same floating-point steps, so that
// multipliers agree to the last bit (sources: tensorflow/lite/kernels/internal/quantization_util.cc,
// kernel_util.cc, padding.h, common.cc; rounding as in gemmlowp's fixedpoint.h).
//
// Thread-safe: pure functions.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "server/model/graph.h"

namespace tinyrig::model {

/// A real multiplier as Q31 significand and shift (positive: left).
struct Multiplier {
  std::int32_t value = 0;
  std::int32_t shift = 0;
};

/// `real` must be finite and its magnitude below 2^30 (else INVALID_ARGUMENT without a reason: callers say where).
absl::StatusOr<Multiplier> quantize_multiplier(double real);

/// x * multiplier, rounded as the reference kernels do: doubling high multiplication, then a rounding shift.
std::int32_t multiply_by_quantized_multiplier(std::int32_t x, Multiplier multiplier);

/// x / 2^exponent, rounded to nearest, ties away from zero. 0 <= exponent <= 31.
std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent);

/// The high half of 2 * a * b, rounded to nearest, saturating.
std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a, std::int32_t b);

/// Bounds of an int8 output with a fused activation.
struct ActivationRange {
  std::int32_t min = -128;
  std::int32_t max = 127;
};
absl::StatusOr<ActivationRange> activation_range(Activation activation, float scale, std::int32_t zero_point);

/// Largest input, in steps, that stays in range after scaling: 31-bit words with `integer_bits`.
std::int32_t input_radius(int integer_bits, int input_left_shift, int total_signed_bits = 31);

/// Softmax: scaled differences in Q5.26.
struct SoftmaxScaling {
  std::int32_t multiplier = 0;
  std::int32_t left_shift = 0;
  std::int32_t diff_min = 0;
};
absl::StatusOr<SoftmaxScaling> softmax_scaling(float beta, float input_scale);

/// Output size and leading padding of a window along one dimension. Sizes are positive; `output` may
/// come out 0 or negative (a VALID window larger than the input).
struct Window {
  std::int64_t output = 0;
  std::int64_t pad_before = 0;
};
Window window(Padding padding, std::int64_t input, std::int64_t filter, std::int64_t stride, std::int64_t dilation);

}  // namespace tinyrig::model
