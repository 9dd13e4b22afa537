#include "emulator/unit_id.h"

#include <openssl/sha.h>

#include <algorithm>
#include <span>

#include "wire/link/crc32.h"

namespace tinyrig::emulator {

UnitId unit_id_of(const std::string& board_id) {
  const std::string text = "tinyrig-emu unit " + board_id;
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hash.data());
  UnitId unit;
  std::copy_n(hash.begin(), unit.size(), unit.begin());
  return unit;
}

std::array<std::uint8_t, 32> unit_block_of(const UnitId& unit) {
  std::array<std::uint8_t, 32> block{'T', 'R', 'I', 'D', 1, static_cast<std::uint8_t>(unit.size())};
  std::copy(unit.begin(), unit.end(), block.begin() + 8);
  const std::uint32_t crc = link::crc32(std::span<const std::uint8_t>(block).first(24));
  for (std::size_t i = 0; i < 4; ++i) block[24 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return block;
}

}  // namespace tinyrig::emulator
