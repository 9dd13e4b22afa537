// USB identities as files write them: "0483:374b".
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"

namespace tinyrig::boards {

// Four hex digits, a colon, four hex digits, in lower case.
inline bool is_usb_id(const std::string& text) {
  constexpr std::size_t kColon = 4, kCharacters = 9;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = i == kColon ? text[i] == ':' : absl::ascii_isxdigit(text[i]) && !absl::ascii_isupper(text[i]);
    if (!fits) return false;
  }
  return text.size() == kCharacters;
}

}  // namespace tinyrig::boards
