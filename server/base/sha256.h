// SHA-256 of bytes, as hex digits.
//
// Thread-safe: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace tinyrig {

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace tinyrig
