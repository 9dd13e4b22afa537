#include "client/duration.h"

#include <charconv>

namespace tinyrig::client {

std::optional<std::int64_t> parse_duration(const std::string& text) {
  constexpr std::int64_t kLongest = std::int64_t{1000} * 24 * 3600;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || end - unit != 1 || count < 1 || count > kLongest) return std::nullopt;
  const std::int64_t seconds = *unit == 's' ? 1 : *unit == 'm' ? 60 : *unit == 'h' ? 3600 : *unit == 'd' ? 86'400 : 0;
  if (seconds == 0 || count > kLongest / seconds) return std::nullopt;
  return count * seconds;
}

}  // namespace tinyrig::client
