// Which unit a board is: an id of 12 bytes, always the same for a board name, and the block in which the
// firmware finds it (agent_firmware/ports/shared/unit_block.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tinyrig::emulator {

using UnitId = std::array<std::uint8_t, 12>;

UnitId unit_id_of(const std::string& board_id);
std::array<std::uint8_t, 32> unit_block_of(const UnitId& unit);

}  // namespace tinyrig::emulator
