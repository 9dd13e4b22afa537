// CONCATENATION and SPLIT: rows of the whole are the parts' rows one after another.
#include <cstring>

#include "agent_firmware/engine/bounds.h"
#include "agent_firmware/engine/kernels/portable/portable.h"

namespace tinyrig::engine {
namespace {

const packed::DataRef* part_refs(const packed::PartsParams& p) {
  return reinterpret_cast<const packed::DataRef*>(&p + 1);
}
const std::uint32_t* part_sizes(const packed::PartsParams& p) { return part_refs(p) + p.count; }

template <bool kJoin>
bool check(const void* params, std::uint32_t params_bytes, const Bounds& bounds) {
  if (params_bytes < sizeof(packed::PartsParams)) {
    return false;
  }
  const auto& p = *static_cast<const packed::PartsParams*>(params);
  if (p.outer == 0 || p.count == 0 ||
      params_bytes != sizeof(packed::PartsParams) + std::uint64_t{p.count} * (2 * sizeof(std::uint32_t))) {
    return false;
  }
  std::uint64_t row_bytes = 0;
  for (std::uint32_t i = 0; i < p.count; ++i) {
    const std::uint64_t part_bytes = std::uint64_t{part_sizes(p)[i]} * p.outer;
    row_bytes += part_sizes(p)[i];
    if (part_bytes == 0 ||
        !(kJoin ? bounds.readable(part_refs(p)[i], part_bytes) : bounds.writable(part_refs(p)[i], part_bytes))) {
      return false;
    }
  }
  if (row_bytes > 0x7FFFFFFFU) {
    return false;
  }
  return kJoin ? bounds.writable(p.whole, row_bytes * p.outer) : bounds.readable(p.whole, row_bytes * p.outer);
}

template <bool kJoin>
void run(const void* params, const Memory& memory) {
  const auto& p = *static_cast<const packed::PartsParams*>(params);
  std::size_t at = 0;
  for (std::uint32_t row = 0; row < p.outer; ++row) {
    for (std::uint32_t i = 0; i < p.count; ++i) {
      const std::size_t bytes = part_sizes(p)[i];
      const packed::DataRef part = part_refs(p)[i];
      if constexpr (kJoin) {
        std::memmove(memory.write<std::byte>(p.whole) + at, memory.read<std::byte>(part) + row * bytes, bytes);
      } else {
        std::memmove(memory.write<std::byte>(part) + row * bytes, memory.read<std::byte>(p.whole) + at, bytes);
      }
      at += bytes;
    }
  }
}

}  // namespace

constexpr Kernel portable::kConcatenation = {check<true>, run<true>};
constexpr Kernel portable::kSplit = {check<false>, run<false>};

}  // namespace tinyrig::engine
