// An image as a file that other people's tools read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/flash/flasher.h"

namespace tinyrig::flash {

enum class ImageFormat {
  kElf,  // its loadable segments alone: no symbols, no entry point
  kBin,  // from the lowest address on; what lies between segments is 0xFF, as erased flash is
  kHex,  // Intel HEX
  kUf2,  // uf2_file.h
};

/// "elf", "bin", "hex", "uf2", which are also the endings of such files' names.
std::optional<ImageFormat> image_format_named(std::string_view name);
std::string_view name_of(ImageFormat format);

struct ImageFileOptions {
  std::uint16_t elf_machine = 40;  // EM_ARM; 243: RISC-V
  std::uint32_t uf2_family = 0;    // which chips take the file; 0: not stated
};

/// INVALID_ARGUMENT (FLASH_USAGE): segments that lie too far apart for a kBin; (FLASH_IMAGE_EMPTY).
absl::StatusOr<std::string> image_file(const FirmwareImage& image, ImageFormat format, const ImageFileOptions& options);

}  // namespace tinyrig::flash
