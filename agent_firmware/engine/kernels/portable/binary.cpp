// ADD, SUB and MUL, elementwise with broadcasting.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/walk.h"

namespace tinyrig::engine {
namespace {

bool operand(packed::DataRef ref, std::span<const std::int32_t> dims, std::span<const std::int32_t> strides,
             const Bounds& bounds) {
  Reach offsets{0, 0};
  return reach(dims, strides, offsets) && offsets.low == 0 &&
         bounds.readable(ref, static_cast<std::uint64_t>(offsets.high) + 1);
}

bool check_mul(const packed::BinaryParams& p, const Bounds& bounds) {
  const std::uint64_t count = element_count(p.dims);
  return count != 0 && operand(p.input1, p.dims, p.strides1, bounds) && operand(p.input2, p.dims, p.strides2, bounds) &&
         bounds.writable(p.output, count) && input_offset(p.input1_offset) && input_offset(p.input2_offset) &&
         within(p.output_multiplier, 0, kMaxMultiplier) && within(p.output_shift, kMinShift, kMaxShift) &&
         quantized_output(p.output_offset, p.activation_min, p.activation_max);
}

bool check_add(const packed::BinaryParams& p, const Bounds& bounds) {
  return check_mul(p, bounds) && within(p.left_shift, 0, 22) && within(p.input1_multiplier, 0, kMaxMultiplier) &&
         within(p.input2_multiplier, -kMaxMultiplier, kMaxMultiplier) && within(p.input1_shift, kMinShift, 0) &&
         within(p.input2_shift, kMinShift, 0) && within(p.output_shift, kMinShift, 0);
}

std::int32_t add(const packed::BinaryParams& p, std::int32_t a, std::int32_t b) {
  const std::int32_t scaled_a = multiply_by_quantized_multiplier(wrapping_shift_left(a + p.input1_offset, p.left_shift),
                                                                 p.input1_multiplier, p.input1_shift);
  const bool subtract = p.input2_multiplier < 0;
  const std::int32_t scaled_b =
      multiply_by_quantized_multiplier(wrapping_shift_left(b + p.input2_offset, p.left_shift),
                                       subtract ? -p.input2_multiplier : p.input2_multiplier, p.input2_shift);
  return subtract ? wrapping_sub(scaled_a, scaled_b) : wrapping_add(scaled_a, scaled_b);
}

std::int32_t multiply(const packed::BinaryParams& p, std::int32_t a, std::int32_t b) {
  return (a + p.input1_offset) * (b + p.input2_offset);
}

template <std::int32_t (*kCombine)(const packed::BinaryParams&, std::int32_t, std::int32_t)>
void run(const packed::BinaryParams& p, const Memory& memory) {
  constexpr int kLast = packed::kMaxRank - 1;
  const auto* input1 = memory.read<std::int8_t>(p.input1);
  const auto* input2 = memory.read<std::int8_t>(p.input2);
  auto* output = memory.write<std::int8_t>(p.output);
  Walk rows(p.dims, kLast);
  Cursor row1{p.strides1, 0};
  Cursor row2{p.strides2, 0};
  do {
    for (std::int32_t i = 0; i < p.dims[kLast]; ++i) {
      const std::int32_t value =
          kCombine(p, input1[row1.offset + i * p.strides1[kLast]], input2[row2.offset + i * p.strides2[kLast]]);
      *output++ =
          requantize(value, p.output_multiplier, p.output_shift, p.output_offset, p.activation_min, p.activation_max);
    }
  } while (rows.advance(row1, row2));
}

}  // namespace

constexpr Kernel portable::kAdd = make_kernel<packed::BinaryParams, check_add, run<add>>();
constexpr Kernel portable::kMul = make_kernel<packed::BinaryParams, check_mul, run<multiply>>();

}  // namespace tinyrig::engine
