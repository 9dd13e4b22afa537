#include "server/export/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tinyrig::exporting {

std::string number_text(double value) {
  if (!std::isfinite(value)) return "0";
  std::array<char, 400> text{};  // the smallest double has 324 zeros
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return {text.data(), end.ptr};
}

}  // namespace tinyrig::exporting
