// SHA-256 of bytes, as hex digits.
//
// Thread-safe: they keep nothing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tinyrig {

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

/// Of all bytes of a file, however many. INTERNAL FILE_UNREADABLE.
absl::StatusOr<std::string> sha256_hex_of_file(const std::filesystem::path& file);

}  // namespace tinyrig
