#include "server/base/clean_text.h"

#include <cstdint>

namespace tinyrig {
namespace {

// Length of the well-formed UTF-8 character at the front of `text`; 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = first == 0xf0 && at(1) < 0x90;
    const bool too_great = first == 0xf4 && at(1) >= 0x90;
    return overlong || too_great ? 0 : 4;
  }
  return 0;
}

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
  static constexpr std::string_view kCut = "...";
  std::string clean;
  std::size_t cut_at = 0;  // the last place where kCut still fits
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const bool keep = length > 0 && !(length == 1 && is_control(text[0]));
    const std::string_view piece = keep ? text.substr(0, length) : std::string_view("?");
    if (clean.size() + piece.size() > max_bytes) {
      clean.resize(cut_at);
      if (max_bytes >= kCut.size()) clean += kCut;
      return clean;
    }
    clean += piece;
    if (clean.size() + kCut.size() <= max_bytes) cut_at = clean.size();
    text.remove_prefix(length > 0 ? length : 1);
  }
  return clean;
}

}  // namespace tinyrig
