// Reads what an ELF file puts into memory. Only what firmware needs: 32-bit little-endian executables and
// their loadable segments, at physical addresses. Any bytes may be given.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "server/flash/flasher.h"

namespace tinyrig::flash {

/// INVALID_ARGUMENT (FIRMWARE_INVALID) says what is wrong and at which byte. Segments come in order of
/// address, do not overlap, and hold at most kLargestImage bytes together.
inline constexpr std::size_t kLargestImage = 64U << 20;
absl::StatusOr<FirmwareImage> read_elf(std::span<const std::uint8_t> file);

}  // namespace tinyrig::flash
