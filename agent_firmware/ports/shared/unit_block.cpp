#include "agent_firmware/ports/shared/unit_block.h"

#include "wire/link/crc32.h"

namespace tinyrig::port {

std::span<const std::uint8_t> unit_id_in(std::span<const std::uint8_t, kUnitBlockBytes> block) {
  constexpr std::uint8_t kMagic[4] = {'T', 'R', 'I', 'D'};
  for (std::size_t i = 0; i < sizeof kMagic; ++i) {
    if (block[i] != kMagic[i]) return {};
  }
  const std::size_t length = block[5];
  if (block[4] != 1 || length == 0 || length > 16) return {};
  std::uint32_t stated = 0;
  for (std::size_t i = 0; i < 4; ++i) stated |= static_cast<std::uint32_t>(block[24 + i]) << (8 * i);
  if (link::crc32(block.first(24)) != stated) return {};
  return block.subspan(8, length);
}

}  // namespace tinyrig::port
