#include "server/model/lookup.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/base/status_macros.h"
#include "server/model/fixed_point.h"
#include "server/model/quantize.h"

namespace tinyrig::model {
namespace {

// `output_of` maps an int8 value to an output that is clamped to int8.
template <class OutputOf>
LookupTable fill(OutputOf output_of) {
  LookupTable table{};
  for (int value = -128; value <= 127; ++value) {
    const std::int64_t output = std::clamp<std::int64_t>(output_of(value), -128, 127);
    table[static_cast<std::uint8_t>(value)] = static_cast<std::uint8_t>(output);
  }
  return table;
}

// LOGISTIC and TANH: the input brought to Q4.27, the function, and the result rounded to int8.
template <class Function>
LookupTable sigmoid_table(const LookupEnds& ends, Function function, int result_shift, std::int32_t output_zero_point) {
  constexpr int kIntegerBits = 4;
  int shift = 0;
  const double fraction =
      std::frexp(static_cast<double>(ends.input_scale) * static_cast<double>(1 << (31 - kIntegerBits)), &shift);
  const Multiplier multiplier{
      static_cast<std::int32_t>(std::round(fraction * static_cast<double>(std::int64_t{1} << 31))), shift};
  const std::int32_t radius = input_radius(kIntegerBits, shift);
  return fill([&](int value) -> std::int32_t {
    const std::int32_t input = value - ends.input_zero_point;
    if (input <= -radius) return -128;
    if (input >= radius) return 127;
    // Below 2^-31 every product is 0; at 31 and above only input 0 is inside of the radius.
    const bool vanishes = shift < -31 || shift > 30;
    const std::int32_t scaled = vanishes ? 0 : multiply_by_quantized_multiplier(input, multiplier);
    return rounding_divide_by_power_of_two(function(scaled), result_shift) + output_zero_point;
  });
}

// 16-bit arithmetic of HARD_SWISH; narrowing wraps as there.
std::int16_t saturating_left_shift(std::int16_t value, int amount) {
  const std::int64_t result = static_cast<std::int64_t>(value) * (std::int64_t{1} << amount);
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(result, std::numeric_limits<std::int16_t>::min(),
                                                            std::numeric_limits<std::int16_t>::max()));
}

std::int16_t rounding_doubling_high_mul(std::int16_t a, std::int16_t b) {
  if (a == b && a == std::numeric_limits<std::int16_t>::min()) return std::numeric_limits<std::int16_t>::max();
  const std::int32_t product = std::int32_t{a} * b;
  const std::int32_t nudge = product >= 0 ? (1 << 14) : 1 - (1 << 14);
  return static_cast<std::int16_t>((product + nudge) / (1 << 15));
}

std::int16_t truncating_doubling_high_mul(std::int16_t a, std::int16_t b) {
  if (a == b && a == std::numeric_limits<std::int16_t>::min()) return std::numeric_limits<std::int16_t>::max();
  return static_cast<std::int16_t>((std::int32_t{a} * b) / (1 << 15));
}

std::int16_t rounding_divide_by_power_of_two16(std::int16_t x, int exponent) {
  const auto mask = static_cast<std::int16_t>((std::int64_t{1} << exponent) - 1);
  const auto remainder = static_cast<std::int16_t>(x & mask);
  const auto threshold = static_cast<std::int16_t>((mask >> 1) + (x < 0 ? 1 : 0));
  return static_cast<std::int16_t>((x >> exponent) + (remainder > threshold ? 1 : 0));
}

std::int16_t to_int16_multiplier(std::int32_t multiplier) {
  constexpr std::int32_t kRounding = 1 << 15;
  if (multiplier >= std::numeric_limits<std::int32_t>::max() - kRounding) {
    return std::numeric_limits<std::int16_t>::max();
  }
  return static_cast<std::int16_t>((multiplier + kRounding) >> 16);
}

}  // namespace

LookupTable logistic_table(const LookupEnds& ends) { return sigmoid_table(ends, fixed_logistic_q4, 31 - 8, -128); }

LookupTable tanh_table(const LookupEnds& ends) { return sigmoid_table(ends, fixed_tanh_q4, 31 - 7, 0); }

absl::StatusOr<LookupTable> requantize_table(const LookupEnds& ends) {
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier multiplier, quantize_multiplier(static_cast<double>(ends.input_scale) /
                                                                            static_cast<double>(ends.output_scale)));
  return fill([&](int value) -> std::int64_t {
    const std::int64_t scaled = multiply_by_quantized_multiplier(value - ends.input_zero_point, multiplier);
    return scaled + ends.output_zero_point;
  });
}

absl::StatusOr<LookupTable> relu_table(const LookupEnds& ends) {
  TINYRIG_ASSIGN_OR_RETURN(LookupTable table, requantize_table(ends));
  for (std::uint8_t& entry : table) {
    const std::int32_t value = static_cast<std::int8_t>(entry);
    entry = static_cast<std::uint8_t>(std::max(value, ends.output_zero_point));
  }
  return table;
}

absl::StatusOr<LookupTable> relu6_table(const LookupEnds& ends) {
  const float steps = std::round(6.0F / ends.input_scale);
  if (!(steps < 1.0e9F)) return absl::InvalidArgumentError("the input's scale is too small");
  const std::int32_t six = std::min(ends.input_zero_point + static_cast<std::int32_t>(steps), 127);
  return fill([&](int value) { return std::clamp(value, ends.input_zero_point, six); });
}

absl::StatusOr<LookupTable> leaky_relu_table(const LookupEnds& ends, float alpha) {
  const double ratio = static_cast<double>(ends.input_scale) / static_cast<double>(ends.output_scale);
  const double negative_ratio =
      static_cast<double>(ends.input_scale) * static_cast<double>(alpha) / static_cast<double>(ends.output_scale);
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier positive, quantize_multiplier(ratio));
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier negative, quantize_multiplier(negative_ratio));
  return fill([&](int value) -> std::int64_t {
    const std::int32_t input = value - ends.input_zero_point;
    const std::int64_t scaled = multiply_by_quantized_multiplier(input, input >= 0 ? positive : negative);
    return scaled + ends.output_zero_point;
  });
}

absl::StatusOr<LookupTable> hard_swish_table(const LookupEnds& ends) {
  const float fine_scale = (1.0F / 128.0F) * ends.input_scale;  // inputs shifted left by 7
  const float reluish_scale = 3.0F / 32768.0F;
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier output,
                           quantize_multiplier(static_cast<double>(fine_scale / ends.output_scale)));
  TINYRIG_ASSIGN_OR_RETURN(const Multiplier reluish,
                           quantize_multiplier(static_cast<double>(fine_scale / reluish_scale)));
  if (output.shift > 0) return absl::InvalidArgumentError("the output's scale is too small");
  const std::int16_t output16 = to_int16_multiplier(output.value);
  const std::int16_t reluish16 = to_int16_multiplier(reluish.value);
  return fill([&](int value) -> std::int32_t {
    const auto fine = static_cast<std::int16_t>((value - ends.input_zero_point) * (1 << 7));
    const std::int16_t unshifted = rounding_doubling_high_mul(fine, output16);
    // x rescaled from [-3, 3] to [-1, 1], saturating only in the last bit of a left shift.
    std::int16_t gate = fine;
    if (reluish.shift > 0) gate = saturating_left_shift(gate, reluish.shift - 1);
    gate = rounding_doubling_high_mul(gate, reluish16);
    if (reluish.shift > 0) gate = saturating_left_shift(gate, 1);
    if (reluish.shift < 0) gate = rounding_divide_by_power_of_two16(gate, -reluish.shift);
    gate = static_cast<std::int16_t>((gate + (1 << 15)) >> 1);  // to [0, 1]
    const std::int16_t product = truncating_doubling_high_mul(gate, unshifted);
    return static_cast<std::int16_t>(rounding_divide_by_power_of_two16(product, -output.shift) +
                                     ends.output_zero_point);
  });
}

}  // namespace tinyrig::model
