// Every int8 -> int8 function of one value: a table of 256 that the server computed.
#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::LookupParams& p, const Bounds& bounds) {
  return p.count != 0 && bounds.readable(p.input, p.count) && bounds.readable(p.table, 256) &&
         bounds.writable(p.output, p.count);
}

void run(const packed::LookupParams& p, const Memory& memory) {
  const auto* input = memory.read<std::uint8_t>(p.input);
  const auto* table = memory.read<std::uint8_t>(p.table);
  auto* output = memory.write<std::uint8_t>(p.output);
  for (std::uint32_t i = 0; i < p.count; ++i) {
    output[i] = table[input[i]];
  }
}

}  // namespace

constexpr Kernel portable::kLookup = make_kernel<packed::LookupParams, check, run>();

}  // namespace tinyrig::engine
