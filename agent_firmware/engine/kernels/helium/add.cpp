// ADD of two tensors of one shape: one run of elements (add_vectors.S).
#include "agent_firmware/engine/kernels/helium/add_vectors.h"
#include "agent_firmware/engine/kernels/helium/checks.h"
#include "agent_firmware/engine/kernels/helium/helium.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "wire/packed_model/helium.h"

namespace tinyrig::engine {
namespace {

namespace layout = packed::helium;
using helium::AddOperand;
using helium::AddVectors;

// A halved operand's unit is half of the others'; scaled like them it has two bits more, since a shift of zero has no
// rounding: ((a * 2 * 2^left_shift) / 2) / 2.
AddOperand operand(std::int32_t offset, std::int32_t multiplier, std::int32_t shift, std::int32_t left_shift,
                   bool folded) {
  const bool half = layout::add_halves(multiplier, shift);
  const std::int32_t bits = !half ? left_shift : (folded ? left_shift - 1 : left_shift + 1);
  return {1 << bits, offset * (1 << bits), multiplier, half ? -1 : shift};
}

void run(const packed::BinaryParams& p, const Memory& memory) {
  const bool relu = p.output_offset == -128 && p.activation_min == -128 && p.activation_max == 127;
  const bool half = layout::add_halves(p.input1_multiplier, p.input1_shift);
  AddVectors work{};
  work.input1 = memory.read<std::int8_t>(p.input1);
  work.input2 = memory.read<std::int8_t>(p.input2);
  work.output = memory.write<std::int8_t>(p.output);
  work.count = static_cast<std::int32_t>(element_count(p.dims));
  work.operand1 = operand(p.input1_offset, p.input1_multiplier, p.input1_shift, p.left_shift, half);
  work.operand2 = operand(p.input2_offset, p.input2_multiplier, p.input2_shift, p.left_shift, false);
  const std::int32_t shift = -p.output_shift;
  work.multiplier = p.output_multiplier;
  work.rounding = (1 << (shift - 1)) + p.output_offset * (1 << shift);
  work.left_shift = layout::kOutputBit - shift;
  work.activation_min = p.activation_min;
  work.activation_max = p.activation_max;
  const auto add = half ? (relu ? helium::tinyrig_helium_add_half_relu : helium::tinyrig_helium_add_half)
                        : (relu ? helium::tinyrig_helium_add_relu : helium::tinyrig_helium_add);
  add(&work);
}

}  // namespace

constexpr Kernel helium::kAdd = make_kernel<packed::BinaryParams, helium::check_add, run>();

}  // namespace tinyrig::engine
