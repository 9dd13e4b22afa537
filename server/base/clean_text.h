// Texts from boards and tools, made fit for protobuf and for people: valid UTF-8 of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tinyrig {

/// Bytes that are no UTF-8, and control characters but tab and newline, become '?'. At most `max_bytes`,
/// cut between characters, with "..." at the end when cut.
std::string clean_text(std::string_view text, std::size_t max_bytes);

}  // namespace tinyrig
