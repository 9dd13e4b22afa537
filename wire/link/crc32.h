// CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320; the one of zlib and Ethernet). Shared by the link
// and the packed model. One table of 1 KiB, one lookup per byte.
// Incremental: pass the previous result as `crc`; crc32(b, crc32(a)) == crc32(a + b). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::link {

namespace crc32_detail {
struct Table {
  std::uint32_t words[256];
};
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t word = i;
    for (int bit = 0; bit < 8; ++bit) {
      word = (word >> 1) ^ ((word & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    table.words[i] = word;
  }
  return table;
}
inline constexpr Table kTable = make_table();
}  // namespace crc32_detail

constexpr std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) {
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc = (crc >> 8) ^ crc32_detail::kTable.words[(crc ^ byte) & 0xFFU];
  }
  return ~crc;
}

inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) {
  return crc32(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), crc);
}

}  // namespace tinyrig::link
