// The memory map that a GDB remote stub tells ("Memory Map Format" in the GDB manual): which parts of memory are flash,
// and what is erased there at once; and what follows from it for an image. No I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/flash/flasher.h"

namespace tinyrig::flash {

struct FlashRegion {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  std::uint64_t block_bytes = 0;  // erased at once, counted from `start`; the last one may be shorter

  std::uint64_t end() const { return start + length; }
  bool operator==(const FlashRegion&) const = default;
};

/// Of the XML only what such maps are made of is understood; any bytes may be given. Regions come in order of address,
/// below 4 GiB, and do not overlap. DATA_LOSS (FLASHER_PROTOCOL) says what is wrong.
inline constexpr std::size_t kMostFlashRegions = 256;
absl::StatusOr<std::vector<FlashRegion>> parse_memory_map(std::string_view xml);

struct WritePlan {
  struct Erase {
    std::uint64_t start = 0;
    std::uint64_t length = 0;
    bool operator==(const Erase&) const = default;
  };
  // Bytes of the image that are written in one way.
  struct Piece {
    std::uint32_t address = 0;
    std::span<const std::uint8_t> bytes;
    bool is_flash = false;
  };
  std::vector<Erase> erases;  // whole blocks, each once, in order of address
  std::vector<Piece> pieces;  // all bytes of the image, in order of address: stubs may demand it
};

/// `image` must outlive the plan. `regions` are as of parse_memory_map().
WritePlan plan_writes(const FirmwareImage& image, const std::vector<FlashRegion>& regions);

}  // namespace tinyrig::flash
