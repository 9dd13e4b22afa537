// Filling and copying of short runs of bytes in vectors of 16, the last one predicated.
#pragma once

#include <cstdint>

namespace tinyrig::engine::helium {

// A run: 3 instructions for each vector (filling: 2) and 1. Both give where it ends.
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

// Runs that lie apart: `count` of at most kVectors vectors, the last of which holds `last` bytes or is whole.
template <int kVectors>
void copy_vectors(std::int8_t* to, std::int32_t to_step, const std::int8_t* from, std::int32_t from_step,
                  std::int32_t last, std::int32_t count) {
  asm volatile(
      "  vctp.8 %[last]\n"
      "  wls lr, %[count], 2f\n"
      "1:\n"
      "  .if %c[vectors] > 1\n"
      "  vldrb.u8 q1, [%[from]]\n"
      "  vstrb.8 q1, [%[to]]\n"
      "  .endif\n"
      "  .if %c[vectors] > 2\n"
      "  vldrb.u8 q2, [%[from], #16]\n"
      "  vstrb.8 q2, [%[to], #16]\n"
      "  .endif\n"
      "  .if %c[vectors] > 3\n"
      "  vldrb.u8 q3, [%[from], #32]\n"
      "  vstrb.8 q3, [%[to], #32]\n"
      "  .endif\n"
      "  vpstt\n"
      "  vldrbt.u8 q0, [%[from], #(16 * (%c[vectors] - 1))]\n"
      "  vstrbt.8 q0, [%[to], #(16 * (%c[vectors] - 1))]\n"
      "  add %[from], %[from], %[from_step]\n"
      "  add %[to], %[to], %[to_step]\n"
      "  le lr, 1b\n"
      "2:"
      : [to] "+r"(to), [from] "+r"(from)
      :
      [to_step] "r"(to_step), [from_step] "r"(from_step), [last] "r"(last), [count] "r"(count), [vectors] "i"(kVectors)
      : "q0", "q1", "q2", "q3", "lr", "memory");
}

// 2 instructions for each vector, 4 more for each 4 of a run.
inline void copy_runs(std::int8_t* to, std::int32_t to_step, const std::int8_t* from, std::int32_t from_step,
                      std::int32_t bytes, std::int32_t count) {
  for (; bytes > 48; bytes -= 64, to += 64, from += 64) {
    copy_vectors<4>(to, to_step, from, from_step, bytes - 48, count);
  }
  if (bytes > 32) {
    copy_vectors<3>(to, to_step, from, from_step, bytes - 32, count);
  } else if (bytes > 16) {
    copy_vectors<2>(to, to_step, from, from_step, bytes - 16, count);
  } else if (bytes > 0) {
    copy_vectors<1>(to, to_step, from, from_step, bytes, count);
  }
}

}  // namespace tinyrig::engine::helium
