// Where a board's unit id is. A port names one as `UnitId` in its board_config.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/ports/shared/unit_block.h"

namespace tinyrig::port {

// Written by the launcher of an emulated board.
template <std::uintptr_t kAddress>
struct UnitBlockId {
  static void init() {}
  static std::span<const std::uint8_t> bytes() {
    return unit_id_in(std::span<const std::uint8_t, kUnitBlockBytes>(reinterpret_cast<const std::uint8_t*>(kAddress),
                                                                     kUnitBlockBytes));
  }
};

// Written by the chip's maker, in memory. The bytes as they lie there, the one at the lowest address first; tools that
// show words or numbers have them in another order.
template <std::uintptr_t kAddress, std::size_t kBytes>
struct ChipId {
  static void init() {}
  static std::span<const std::uint8_t> bytes() { return {reinterpret_cast<const std::uint8_t*>(kAddress), kBytes}; }
};

}  // namespace tinyrig::port
