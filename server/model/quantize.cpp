#include "server/model/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/base/status_macros.h"

namespace tinyrig::model {

absl::StatusOr<Multiplier> quantize_multiplier(double real) {
  if (!std::isfinite(real)) return absl::InvalidArgumentError("a scale ratio is not finite");
  if (real == 0.0) return Multiplier{};
  int shift = 0;
  const double fraction = std::frexp(real, &shift);
  auto fixed = static_cast<std::int64_t>(std::round(fraction * static_cast<double>(std::int64_t{1} << 31)));
  if (fixed == (std::int64_t{1} << 31)) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return Multiplier{};  // every result would be 0
  if (shift > 30) return absl::InvalidArgumentError("a scale ratio of " + std::to_string(real) + " is out of range");
  return Multiplier{static_cast<std::int32_t>(fixed), shift};
}

std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a, std::int32_t b) {
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) return std::numeric_limits<std::int32_t>::max();
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent) {
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
  const std::int64_t remainder = x & mask;
  const std::int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<std::int32_t>((x >> exponent) + (remainder > threshold ? 1 : 0));
}

std::int32_t multiply_by_quantized_multiplier(std::int32_t x, Multiplier multiplier) {
  const int left = std::max(multiplier.shift, 0);
  const int right = std::max(-multiplier.shift, 0);
  // Wraps as the reference's int32 product does, without its undefined behaviour.
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_mul(shifted, multiplier.value), right);
}

absl::StatusOr<ActivationRange> activation_range(Activation activation, float scale, std::int32_t zero_point) {
  const auto quantize = [&](float value) -> absl::StatusOr<std::int32_t> {
    const float steps = std::round(value / scale);
    // Beyond this, the sum with the zero point could leave int32; any such bound lies outside of int8 anyway.
    if (!(std::fabs(steps) < 1.0e9F)) return absl::InvalidArgumentError("the output's scale is too small");
    return zero_point + static_cast<std::int32_t>(steps);
  };
  ActivationRange range;
  if (activation == Activation::kRelu || activation == Activation::kRelu6) {
    TINYRIG_ASSIGN_OR_RETURN(const std::int32_t zero, quantize(0.0F));
    range.min = std::max(range.min, zero);
  }
  if (activation == Activation::kRelu6) {
    TINYRIG_ASSIGN_OR_RETURN(const std::int32_t six, quantize(6.0F));
    range.max = std::min(range.max, six);
  }
  if (activation == Activation::kReluN1To1) {
    TINYRIG_ASSIGN_OR_RETURN(const std::int32_t minus_one, quantize(-1.0F));
    TINYRIG_ASSIGN_OR_RETURN(const std::int32_t one, quantize(1.0F));
    range.min = std::max(range.min, minus_one);
    range.max = std::min(range.max, one);
  }
  return range;
}

std::int32_t input_radius(int integer_bits, int input_left_shift, int total_signed_bits) {
  const double largest =
      std::ldexp(static_cast<double>((1 << integer_bits) - 1), total_signed_bits - integer_bits - input_left_shift);
  // Tiny scales: every int8 is within such a radius.
  if (largest >= static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    return std::numeric_limits<std::int32_t>::max();
  }
  return static_cast<std::int32_t>(std::floor(largest));
}

absl::StatusOr<SoftmaxScaling> softmax_scaling(float beta, float input_scale) {
  constexpr int kIntegerBits = 5;
  constexpr double kLargest = static_cast<double>(std::int64_t{1} << 31) - 1.0;
  const double real = std::min(
      static_cast<double>(beta) * static_cast<double>(input_scale) * static_cast<double>(1 << (31 - kIntegerBits)),
      kLargest);
  if (!(real > 1.0)) return absl::InvalidArgumentError("beta times the input's scale is too small");
  int shift = 0;
  const double fraction = std::frexp(real, &shift);
  auto fixed = static_cast<std::int64_t>(std::round(fraction * static_cast<double>(std::int64_t{1} << 31)));
  if (fixed == (std::int64_t{1} << 31)) {
    fixed /= 2;
    ++shift;
  }
  return SoftmaxScaling{static_cast<std::int32_t>(fixed), shift, -input_radius(kIntegerBits, shift)};
}

Window window(Padding padding, std::int64_t input, std::int64_t filter, std::int64_t stride, std::int64_t dilation) {
  const std::int64_t effective = (filter - 1) * dilation + 1;
  Window result;
  result.output = padding == Padding::kSame ? (input + stride - 1) / stride : (input + stride - effective) / stride;
  const std::int64_t total = (result.output - 1) * stride + effective - input;
  result.pad_before = std::max<std::int64_t>(total, 0) / 2;
  return result;
}

}  // namespace tinyrig::model
