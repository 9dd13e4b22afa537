// FULLY_CONNECTED: a matrix of weights [outputs][inputs] times each row of the batch.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::FullyConnectedParams& p, const Bounds& bounds) {
  const std::int32_t input_dims[] = {p.batches, p.inputs};
  const std::int32_t output_dims[] = {p.batches, p.outputs};
  const std::int32_t weight_dims[] = {p.outputs, p.inputs};
  const std::uint64_t inputs = element_count(input_dims);
  const std::uint64_t outputs = element_count(output_dims);
  const std::uint64_t weights = element_count(weight_dims);
  if (inputs == 0 || outputs == 0 || weights == 0 || !within(p.per_channel, 0, 1)) {
    return false;
  }
  const std::uint64_t scales = p.per_channel != 0 ? static_cast<std::uint64_t>(p.outputs) : 1U;
  return input_offset(p.input_offset) && input_offset(p.weights_offset) &&
         quantized_output(p.output_offset, p.activation_min, p.activation_max) && bounds.readable(p.input, inputs) &&
         bounds.readable(p.weights, weights) && bounds.writable(p.output, outputs) &&
         (p.bias == packed::kNone ||
          bounds.readable(p.bias, static_cast<std::uint64_t>(p.outputs), sizeof(std::int32_t))) &&
         bounds.constants(p.multipliers, scales, 0, kMaxMultiplier) &&
         bounds.constants(p.shifts, scales, kMinShift, kMaxShift);
}

void run(const packed::FullyConnectedParams& p, const Memory& memory) {
  const auto* bias = p.bias == packed::kNone ? nullptr : memory.read<std::int32_t>(p.bias);
  const auto* multipliers = memory.read<std::int32_t>(p.multipliers);
  const auto* shifts = memory.read<std::int32_t>(p.shifts);
  const auto* row = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);

  for (std::int32_t n = 0; n < p.batches; ++n, row += p.inputs) {
    const auto* weights = memory.read<std::int8_t>(p.weights);
    for (std::int32_t o = 0; o < p.outputs; ++o, weights += p.inputs) {
      std::uint32_t sum = bias != nullptr ? static_cast<std::uint32_t>(bias[o]) : 0U;
      for (std::int32_t i = 0; i < p.inputs; ++i) {
        sum += static_cast<std::uint32_t>((row[i] + p.input_offset) * (weights[i] + p.weights_offset));
      }
      const std::int32_t scale = p.per_channel != 0 ? o : 0;
      *output++ = requantize(static_cast<std::int32_t>(sum), multipliers[scale], shifts[scale], p.output_offset,
                             p.activation_min, p.activation_max);
    }
  }
}

}  // namespace

constexpr Kernel portable::kFullyConnected = make_kernel<packed::FullyConnectedParams, check, run>();

}  // namespace tinyrig::engine
