#include "server/link/console_tap.h"

#include <algorithm>

namespace tinyrig::link {
namespace {

bool is_text(char c) { return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t' || c == '\x1b'; }

}  // namespace

void ConsoleTap::feed(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    if (byte != 0) {
      pending_.push_back(static_cast<char>(byte));
    }
  }
  if (pending_.size() > kMaxBytes) {
    flush();
  }
}

bool ConsoleTap::flush() {
  // A frame damaged to look like text for three bytes would be luck; a long one is text.
  const bool text = pending_.size() >= 3 && std::all_of(pending_.begin(), pending_.end(), is_text);
  if (text && on_text_) {
    on_text_(pending_);
  }
  pending_.clear();
  return text;
}

}  // namespace tinyrig::link
