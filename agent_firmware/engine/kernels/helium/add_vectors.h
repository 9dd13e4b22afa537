// The inner loop of ADD (add_vectors.S).
#pragma once

#include <cstdint>

namespace tinyrig::engine::helium {

// sum = round(round((a * unit + bias) * multiplier / 2^31) / 2^-shift), halves away from zero in the second rounding.
struct AddOperand {
  std::int32_t unit, bias;  // 2^left_shift, and the offset times that
  std::int32_t multiplier;
  std::int32_t shift;  // negative: to the right
};

// Known to add_vectors.S by offset.
struct AddVectors {
  const std::int8_t* input1;
  const std::int8_t* input2;
  std::int8_t* output;
  std::int32_t count;
  AddOperand operand1, operand2;
  std::int32_t multiplier, rounding, left_shift;  // as in packed::helium::Scales
  std::int32_t activation_min, activation_max;
};
static_assert(sizeof(void*) != 4 || sizeof(AddVectors) == 68);

extern "C" {
// The _half forms use unit and bias only of operand1. The _relu forms are for outputs with zero point -128, clamped to
// all of int8.
void tinyrig_helium_add(const AddVectors* work);
void tinyrig_helium_add_relu(const AddVectors* work);
void tinyrig_helium_add_half(const AddVectors* work);
void tinyrig_helium_add_half_relu(const AddVectors* work);
}

}  // namespace tinyrig::engine::helium
