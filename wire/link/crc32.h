// CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320; the one of zlib and Ethernet). Shared by the link
// and the packed model. A table of 16 words keeps it at 64 bytes of flash; two lookups per byte.
// Incremental: pass the previous result as `crc`; crc32(b, crc32(a)) == crc32(a + b). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::link {

namespace crc32_detail {
inline constexpr std::uint32_t kNibbleTable[16] = {
    0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU, 0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
    0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU, 0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU,
};
}  // namespace crc32_detail

constexpr std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) {
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    crc = (crc >> 4) ^ crc32_detail::kNibbleTable[crc & 0xFU];
    crc = (crc >> 4) ^ crc32_detail::kNibbleTable[crc & 0xFU];
  }
  return ~crc;
}

inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) {
  return crc32(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), crc);
}

}  // namespace tinyrig::link
