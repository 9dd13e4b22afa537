// PAD: the input within a border of one value.
#include <cstring>

#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/walk.h"

namespace tinyrig::engine {
namespace {

constexpr int kLast = packed::kMaxRank - 1;

bool check(const packed::PadParams& p, const Bounds& bounds) {
  const std::uint64_t inputs = element_count(p.input_dims);
  const std::uint64_t outputs = element_count(p.output_dims);
  if (inputs == 0 || outputs == 0 || p.element_bytes != 1 || !within(p.value, -128, 127)) {
    return false;
  }
  for (int i = 0; i < packed::kMaxRank; ++i) {
    if (p.input_dims[i] > p.output_dims[i] || !within(p.before[i], 0, p.output_dims[i] - p.input_dims[i])) {
      return false;
    }
  }
  return bounds.readable(p.input, inputs) && bounds.writable(p.output, outputs);
}

void run(const packed::PadParams& p, const Memory& memory) {
  const auto* input = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  const auto row_bytes = static_cast<std::size_t>(p.output_dims[kLast]);
  const auto copied_bytes = static_cast<std::size_t>(p.input_dims[kLast]);
  Walk rows(p.output_dims, kLast);
  do {
    bool inside = true;
    for (int axis = 0; axis < kLast; ++axis) {
      const std::int32_t from_input = rows.index(axis) - p.before[axis];
      inside = inside && from_input >= 0 && from_input < p.input_dims[axis];
    }
    std::memset(output, p.value, row_bytes);
    if (inside) {
      std::memmove(output + p.before[kLast], input, copied_bytes);
      input += copied_bytes;
    }
    output += row_bytes;
  } while (rows.advance());
}

}  // namespace

constexpr Kernel portable::kPad = make_kernel<packed::PadParams, check, run>();

}  // namespace tinyrig::engine
