// What RP2040's ROM checks before it runs the second stage of boot: CRC-32 with the polynomial 0x04C11DB7, all ones at
// the start, most significant bit first, nothing inverted at the end. Source: RP2040 datasheet, chapter Bootrom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::port::rp2040 {

inline constexpr std::size_t kBoot2CodeBytes = 252, kBoot2Bytes = 256;

constexpr std::uint32_t boot2_crc(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte) << 24;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ ((crc & 0x8000'0000) != 0 ? 0x04C1'1DB7 : 0);
  }
  return crc;
}

}  // namespace tinyrig::port::rp2040
