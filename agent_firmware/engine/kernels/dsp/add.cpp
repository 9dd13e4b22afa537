// ADD of two tensors of one shape: 16 instructions for an element.
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

struct Shift {
  std::int32_t rounding, bits;
};

// kScaled: the second input is shifted right after its multiplication.
template <bool kScaled>
void add(const packed::BinaryParams& p, const std::int8_t* input1, const std::int8_t* input2, std::int8_t* output) {
  constexpr int kShift = packed::dsp::kAddLeftShift;
  const std::int32_t offset1 = p.input1_offset * (1 << kShift);        // of twice the half of the first
  const std::int32_t offset2 = p.input2_offset * (1 << (kShift + 1));  // of the doubled second
  const Shift second = {kScaled ? 1 << (-p.input2_shift - 1) : 0, -p.input2_shift};
  const Shift last = {(1 << (-p.output_shift - 1)) + p.output_offset * (1 << -p.output_shift), -p.output_shift};
  const bool clamped = p.activation_min > -128 || p.activation_max < 127;
  const std::int8_t* end = output + elements(p);
  for (; output != end; ++output) {
    const std::int32_t first = offset1 + *input1++ * (1 << kShift);
    std::int32_t scaled = multiply_high_rounded(offset2 + *input2++ * (1 << (kShift + 1)), p.input2_multiplier);
    if constexpr (kScaled) scaled = shift_rounded(scaled, second.rounding, second.bits);
    const std::int32_t sum = multiply_high_rounded(first + 2 * scaled, p.output_multiplier);
    std::int32_t value = saturate_int8(shift_rounded(sum, last.rounding, last.bits));
    if (clamped) value = clamp(value, p.activation_min, p.activation_max);
    *output = static_cast<std::int8_t>(value);
  }
}

void run(const packed::BinaryParams& p, const Memory& memory) {
  const auto add_all = p.input2_shift == 0 ? add<false> : add<true>;
  add_all(p, memory.read<std::int8_t>(p.input1), memory.read<std::int8_t>(p.input2),
          memory.write<std::int8_t>(p.output));
}

}  // namespace

constexpr Kernel dsp::kAddSameShape = make_kernel<packed::BinaryParams, check, run>();

}  // namespace tinyrig::engine
