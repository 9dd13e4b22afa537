// MEAN over some dimensions: an exact sum, then one requantization that has 1 / count folded in.
#include "agent_firmware/engine/fixed_point.h"
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/walk.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::MeanParams& p, const Bounds& bounds) {
  const std::uint64_t outputs = element_count(p.kept_dims);
  const std::uint64_t summed = element_count(p.reduced_dims);
  Reach offsets{0, 0};
  return outputs != 0 && summed != 0 && p.count > 0 && static_cast<std::uint64_t>(p.count) == summed &&
         reach(p.kept_dims, p.kept_strides, offsets) && reach(p.reduced_dims, p.reduced_strides, offsets) &&
         offsets.low == 0 && bounds.readable(p.input, static_cast<std::uint64_t>(offsets.high) + 1) &&
         bounds.writable(p.output, outputs) && within(p.input_zero_point, -128, 127) &&
         within(p.output_zero_point, -128, 127) && within(p.multiplier, 0, kMaxMultiplier) &&
         within(p.shift, kMinShift, kMaxShift);
}

void run(const packed::MeanParams& p, const Memory& memory) {
  const auto* input = memory.read<std::int8_t>(p.input);
  auto* output = memory.write<std::int8_t>(p.output);
  const std::uint32_t zero_sum = static_cast<std::uint32_t>(p.count) * static_cast<std::uint32_t>(p.input_zero_point);
  Walk kept_walk(p.kept_dims, packed::kMaxRank);
  Cursor kept{p.kept_strides, 0};
  do {
    Walk reduced_walk(p.reduced_dims, packed::kMaxRank);
    Cursor reduced{p.reduced_strides, 0};
    std::uint32_t sum = 0;
    do {
      sum += static_cast<std::uint32_t>(std::int32_t{input[kept.offset + reduced.offset]});
    } while (reduced_walk.advance(reduced));
    *output++ =
        requantize(static_cast<std::int32_t>(sum - zero_sum), p.multiplier, p.shift, p.output_zero_point, -128, 127);
  } while (kept_walk.advance(kept));
}

}  // namespace

constexpr Kernel portable::kMean = make_kernel<packed::MeanParams, check, run>();

}  // namespace tinyrig::engine
