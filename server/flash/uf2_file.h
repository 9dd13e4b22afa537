// Firmware as a UF2 file: what bootloaders take that show themselves as a USB drive.
// The format: https://github.com/microsoft/uf2
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "server/flash/flasher.h"

namespace tinyrig::flash {

inline constexpr std::size_t kUf2BlockBytes = 512;

/// Blocks in order of address, each of which says where its 256 bytes go. What is missing of them is 0xFF, as erased
/// flash is. `family`: which chips take the file; 0: not stated. Sectors of 4 KiB that the image touches are whole, but
/// for what follows the last byte: the boot ROM of the RP2040 erases by the number of a block, not by its address.
std::string uf2_file(const FirmwareImage& image, std::uint32_t family);

}  // namespace tinyrig::flash
