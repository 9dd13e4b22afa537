// SOFTMAX over the last dimension, int8 to int8, in fixed point. Output scale 1/256, zero point -128.
#include <bit>

#include "agent_firmware/engine/fixed_point_math.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

constexpr std::int32_t kSumIntegerBits = 12;  // exponentials are summed in Q12.19

bool check(const packed::SoftmaxParams& p, const Bounds& bounds) {
  const std::int32_t dims[] = {p.rows, p.depth};
  const std::uint64_t count = element_count(dims);
  // A difference that diff_min lets through stays within Q5.26 when shifted.
  return count != 0 && within(p.input_multiplier, 0, kMaxMultiplier) && within(p.input_left_shift, 0, 31) &&
         within(p.diff_min, -(std::int32_t{31 << 26} >> p.input_left_shift), 0) && bounds.readable(p.input, count) &&
         bounds.writable(p.output, count);
}

// e^(difference * scale), Q0.31; difference in [diff_min, 0].
std::int32_t exponential(const packed::SoftmaxParams& p, std::int32_t difference) {
  return exp_on_negative_values(
      saturating_rounding_doubling_high_mul(wrapping_shift_left(difference, p.input_left_shift), p.input_multiplier));
}

void softmax_row(const packed::SoftmaxParams& p, const std::int8_t* input, std::int8_t* output) {
  std::int32_t maximum = -128;
  for (std::int32_t i = 0; i < p.depth; ++i) {
    maximum = input[i] > maximum ? input[i] : maximum;
  }
  std::uint32_t sum = 0;
  for (std::int32_t i = 0; i < p.depth; ++i) {
    const std::int32_t difference = input[i] - maximum;
    if (difference >= p.diff_min) {
      sum += static_cast<std::uint32_t>(rounding_divide_by_power_of_two(exponential(p, difference), kSumIntegerBits));
      sum = sum > 0x7FFFFFFFU ? 0x7FFFFFFFU : sum;  // beyond 4095 equal classes each is 0 anyway
    }
  }
  // sum = 2^bits_over_unit * (1 + fraction); the maximum itself adds one unit, so sum is never 0.
  const std::int32_t leading_zeros = std::countl_zero(sum);
  const std::int32_t bits_over_unit = kSumIntegerBits - leading_zeros;
  const std::uint32_t fraction = (sum << leading_zeros) - 0x80000000U;
  const std::int32_t scale = reciprocal_of_one_plus(static_cast<std::int32_t>(fraction));
  for (std::int32_t i = 0; i < p.depth; ++i) {
    const std::int32_t difference = input[i] - maximum;
    std::int32_t result = 0;
    if (difference >= p.diff_min) {
      result = rounding_divide_by_power_of_two(saturating_rounding_doubling_high_mul(scale, exponential(p, difference)),
                                               bits_over_unit + 31 - 8);
    }
    output[i] = static_cast<std::int8_t>(clamp(result - 128, -128, 127));
  }
}

void run(const packed::SoftmaxParams& p, const Memory& memory) {
  const auto* input = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  for (std::int32_t row = 0; row < p.rows; ++row, input += p.depth, output += p.depth) {
    softmax_row(p, input, output);
  }
}

}  // namespace

constexpr Kernel portable::kSoftmax = make_kernel<packed::SoftmaxParams, check, run>();

}  // namespace tinyrig::engine
