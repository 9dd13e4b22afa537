// RESHAPE and its like: the bytes as they are, unless the planner put both tensors in one place.
#include <cstring>

#include "agent_firmware/engine/kernels/portable/adapt.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

bool check(const packed::CopyParams& p, const Bounds& bounds) {
  return p.bytes != 0 && bounds.readable(p.input, p.bytes) && bounds.writable(p.output, p.bytes);
}

void run(const packed::CopyParams& p, const Memory& memory) {
  if (p.input != p.output) {
    std::memmove(memory.write<std::byte>(p.output), memory.read<std::byte>(p.input), p.bytes);
  }
}

}  // namespace

constexpr Kernel portable::kCopy = make_kernel<packed::CopyParams, check, run>();

}  // namespace tinyrig::engine
