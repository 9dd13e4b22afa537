// Filling and copying of short runs of bytes, 16 at a time, the last ones predicated: 3 instructions each and 1.
#pragma once

#include <cstdint>

namespace tinyrig::engine::helium {

// Both give where the run ends.
inline std::int8_t* copy(std::int8_t* to, const std::int8_t* from, std::int32_t bytes) {
  std::int8_t* at = to;
  asm volatile(
      "  wlstp.8 lr, %[bytes], 2f\n"
      "1:vldrb.u8 q0, [%[from]], #16\n"
      "  vstrb.8 q0, [%[at]], #16\n"
      "  letp lr, 1b\n"
      "2:"
      : [at] "+r"(at), [from] "+r"(from)
      : [bytes] "r"(bytes)
      : "q0", "lr", "memory");
  return to + bytes;
}

inline std::int8_t* fill(std::int8_t* to, std::int8_t value, std::int32_t bytes) {
  std::int8_t* at = to;
  asm volatile(
      "  vdup.8 q0, %[value]\n"
      "  wlstp.8 lr, %[bytes], 2f\n"
      "1:vstrb.8 q0, [%[at]], #16\n"
      "  letp lr, 1b\n"
      "2:"
      : [at] "+r"(at)
      : [value] "r"(value), [bytes] "r"(bytes)
      : "q0", "lr", "memory");
  return to + bytes;
}

}  // namespace tinyrig::engine::helium
