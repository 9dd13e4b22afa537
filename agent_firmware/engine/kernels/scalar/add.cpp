// ADD of two tensors of one shape.
//
// The reference shifts both inputs left by 20, scales the one of the smaller scale down (the other one is halved), and
// scales the sum. Here all of it is kept two bits higher, so that the high halves of products hold what is rounded
// away: 22 instructions an element, 3 more when the sum's sign matters.
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/scalar/arithmetic.h"
#include "agent_firmware/engine/kernels/scalar/scalar.h"
#include "wire/packed_model/scalar_layout.h"

namespace tinyrig::engine {
namespace {

using namespace scalar;

constexpr int kHeadroom = packed::scalar::kWideHeadroom;
constexpr int kHalvedShift = packed::scalar::kAddLeftShift - 1 + kHeadroom;
constexpr int kScaledShift = packed::scalar::kAddLeftShift + kHeadroom;

bool check(const packed::BinaryParams& p, const Bounds& bounds) {
  if (!portable::kAdd.check(&p, sizeof(p), bounds) || p.left_shift != packed::scalar::kAddLeftShift ||
      p.input2_multiplier < 0 || !within(-p.output_shift, packed::kMinRightShift, packed::scalar::kMaxAddShift) ||
      !within(-p.input2_shift, 0, packed::scalar::kMaxAddShift)) {
    return false;
  }
  std::int64_t stride = 1;  // elements follow each other in both inputs
  for (int axis = packed::kMaxRank - 1; axis >= 0; --axis) {
    if (p.dims[axis] != 1 && (p.strides1[axis] != stride || p.strides2[axis] != stride)) return false;
    stride *= p.dims[axis];
  }
  return true;
}

// Shift and offset of a rounding right shift, for what is kept `kHeadroom` - 1 bits higher.
Scale scale_of(std::int32_t multiplier, std::int32_t shift, std::int32_t offset) {
  const std::int32_t half = shift == 0 ? 0 : 1 << (shift - 1);
  return {multiplier, (1 << (kHeadroom - 2)) + (half + offset * (1 << shift)) * (1 << (kHeadroom - 1)),
          shift + kHeadroom - 1};
}

// kScaled: the second input is shifted right after its multiplication.
template <bool kScaled, bool kSigned>
void add(const packed::BinaryParams& p, const Memory& memory) {
  const auto* input1 = memory.read<std::int8_t>(p.input1);
  const auto* input2 = memory.read<std::int8_t>(p.input2);
  auto* output = memory.write<std::int8_t>(p.output);
  const Scale scale2 = scale_of(p.input2_multiplier, -p.input2_shift, 0);
  const Scale scale = scale_of(p.output_multiplier, -p.output_shift, p.output_offset);
  const OutputRange range = {p.activation_min, p.activation_max};
  const std::int32_t offset1 = p.input1_offset * (1 << kHalvedShift);
  const std::int32_t offset2 = p.input2_offset * (1 << kScaledShift);
  std::int32_t count = 1;
  for (const std::int32_t dim : p.dims) count *= dim;
  const std::int8_t* end = output + count;
#pragma GCC unroll 4
  for (; output != end; ++output, ++input1, ++input2) {
    const std::int32_t first = *input1 * (1 << kHalvedShift) + offset1;
    std::int32_t second = multiply_high(*input2 * (1 << kScaledShift) + offset2, scale2.multiplier);
    // Halves away from zero; it is no 0 when the input is none.
    if constexpr (kScaled) second += second >> 31 << (kHeadroom - 1);
    second = (second + scale2.rounding) >> scale2.shift;
    *output = range.requantize<kHeadroom, kSigned>(wrapping_add(first, second * (1 << kHeadroom)), scale);
  }
}

void run(const packed::BinaryParams& p, const Memory& memory) {
  const bool keeps_signs = p.activation_min < p.output_offset;
  if (p.input2_shift == 0) {
    keeps_signs ? add<false, true>(p, memory) : add<false, false>(p, memory);
  } else {
    keeps_signs ? add<true, true>(p, memory) : add<true, false>(p, memory);
  }
}

}  // namespace

constexpr Kernel scalar::kAddSameShape = make_kernel<packed::BinaryParams, check, run>();

}  // namespace tinyrig::engine
