// ADD of two tensors of one shape: about 17 instructions for an element.
//
// The reference shifts both inputs left by 20 and multiplies them with scale / (2 * larger scale). For the input of the
// larger scale that is an exact half, so its multiplication is a shift; the packer makes it the first one.
#include "agent_firmware/engine/kernels/dsp/dsp.h"
#include "agent_firmware/engine/kernels/dsp/packed_arithmetic.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "wire/packed_model/dsp_layout.h"

namespace tinyrig::engine {
namespace {

using namespace dsp;

std::int32_t elements(const packed::BinaryParams& p) {
  std::int32_t count = 1;
  for (const std::int32_t dim : p.dims) count *= dim;
  return count;
}

bool check(const packed::BinaryParams& p, const Bounds& bounds) {
  if (!portable::kAdd.check(&p, sizeof(p), bounds) || p.left_shift != packed::dsp::kAddLeftShift ||
      p.input1_multiplier != packed::dsp::kHalf || p.input1_shift != 0 || p.input2_multiplier < 0 ||
      !within(-p.output_shift, packed::kMinRightShift, packed::kMaxRightShift) ||
      !within(-p.input2_shift, 0, packed::kMaxRightShift)) {
    return false;
  }
  // Rows follow each other in both inputs.
  std::int64_t stride = 1;
  for (int axis = packed::kMaxRank - 1; axis >= 0; --axis) {
    if (p.dims[axis] != 1 && (p.strides1[axis] != stride || p.strides2[axis] != stride)) {
      return false;
    }
    stride *= p.dims[axis];
  }
  return true;
}

// Not to be seen through: the compiler would turn offset + (x << n) into two instructions.
std::int32_t opaque(std::int32_t x) {
  __asm__("" : "+r"(x));
  return x;
}

// kScaled: the second input is shifted right after its multiplication. kClamped: to less than int8.
// Parameters are copied to locals: a store of int8 may alias them.
template <bool kScaled, bool kClamped>
void add(const packed::BinaryParams& p, const std::int8_t* input1, const std::int8_t* input2, std::int8_t* output) {
  constexpr int kShift1 = packed::dsp::kAddLeftShift;      // of twice the half of the first
  constexpr int kShift2 = packed::dsp::kAddLeftShift + 1;  // of the doubled second
  const std::int32_t offset1 = opaque(p.input1_offset * (1 << kShift1));
  const std::int32_t offset2 = opaque(p.input2_offset * (1 << kShift2));
  const std::int32_t multiplier2 = p.input2_multiplier;
  const std::int32_t shift2 = -p.input2_shift;
  const std::int32_t rounding2 = kScaled ? 1 << (shift2 - 1) : 0;
  const std::int32_t multiplier = p.output_multiplier;
  const std::int32_t shift = -p.output_shift;
  const std::int32_t rounding = (1 << (shift - 1)) + p.output_offset * (1 << shift);
  const std::int32_t low = p.activation_min;
  const std::int32_t high = p.activation_max;
  const std::int8_t* end = output + elements(p);
#pragma GCC unroll 4
  for (; output != end; ++output, ++input1, ++input2) {
    const std::int32_t first = offset1 + (*input1 << kShift1);
    std::int32_t second = multiply_high_rounded(offset2 + (*input2 << kShift2), multiplier2);
    if constexpr (kScaled) second = shift_rounded(second, rounding2, shift2);
    const std::int32_t sum = multiply_high_rounded(first + 2 * second, multiplier);
    std::int32_t value = saturate_int8(shift_rounded(sum, rounding, shift));
    if constexpr (kClamped) value = clamp(value, low, high);
    *output = static_cast<std::int8_t>(value);
  }
}

void run(const packed::BinaryParams& p, const Memory& memory) {
  const bool scaled = p.input2_shift != 0;
  const bool clamped = p.activation_min > -128 || p.activation_max < 127;
  const auto add_all =
      scaled ? (clamped ? add<true, true> : add<true, false>) : (clamped ? add<false, true> : add<false, false>);
  add_all(p, memory.read<std::int8_t>(p.input1), memory.read<std::int8_t>(p.input2),
          memory.write<std::int8_t>(p.output));
}

}  // namespace

constexpr Kernel dsp::kAddSameShape = make_kernel<packed::BinaryParams, check, run>();

}  // namespace tinyrig::engine
