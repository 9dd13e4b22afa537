// Where an emulated board's launcher writes which unit it is, as a factory writes one-time-programmable
// memory: 32 bytes at an address of the board type (deploy/boards/*.toml: unit_block), within flash but
// outside of every firmware image.
//
//   0  4  magic "TRID"
//   4  1  version, 1
//   5  1  length of the id, 1..16
//   6  2  zero
//   8 16  the id, zero padded
//  24  4  CRC-32 (as in wire/link/crc32.h) of bytes 0..23, little endian
//  28  4  zero
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tinyrig::port {

inline constexpr std::size_t kUnitBlockBytes = 32;

// The id in `block`; empty when the block is blank or damaged.
std::span<const std::uint8_t> unit_id_in(std::span<const std::uint8_t, kUnitBlockBytes> block);

}  // namespace tinyrig::port
