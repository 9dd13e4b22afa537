// TRANSPOSE and STRIDED_SLICE: the output in order, each element from where the strides lead.
#include <cstring>

#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"
#include "agent_firmware/engine/kernels/portable/walk.h"

namespace tinyrig::engine {
namespace {

constexpr int kLast = packed::kMaxRank - 1;

bool check(const packed::GatherParams& p, const Bounds& bounds) {
  const std::uint64_t count = element_count(p.dims);
  Reach offsets{p.start, p.start};
  return count != 0 && (p.element_bytes == 1 || p.element_bytes == 4) && reach(p.dims, p.strides, offsets) &&
         offsets.low >= 0 && bounds.readable(p.input, static_cast<std::uint64_t>(offsets.high) + 1, p.element_bytes) &&
         bounds.writable(p.output, count, p.element_bytes);
}

template <typename Element>
void gather(const packed::GatherParams& p, const Memory& memory) {
  const auto* input = memory.read<Element>(p.input);
  auto* output = memory.write<Element>(p.output);
  Walk rows(p.dims, kLast);
  Cursor from{p.strides, p.start};
  do {
    for (std::int32_t i = 0; i < p.dims[kLast]; ++i) {
      *output++ = input[from.offset + i * p.strides[kLast]];
    }
  } while (rows.advance(from));
}

void run(const packed::GatherParams& p, const Memory& memory) {
  if (p.element_bytes == 1) {
    gather<std::int8_t>(p, memory);
  } else {
    gather<std::uint32_t>(p, memory);
  }
}

}  // namespace

constexpr Kernel portable::kTranspose = make_kernel<packed::GatherParams, check, run>();
constexpr Kernel portable::kStridedSlice = make_kernel<packed::GatherParams, check, run>();

}  // namespace tinyrig::engine
