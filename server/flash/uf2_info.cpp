#include "server/flash/uf2_info.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "server/base/clean_text.h"

namespace tinyrig::flash {

std::optional<std::string> uf2_board_id(std::string_view info) {
  constexpr std::string_view kKey = "Board-ID:";
  constexpr std::size_t kLongest = 64;
  info = info.substr(0, kMostUf2InfoBytes);
  for (const absl::string_view piece :
       absl::StrSplit(absl::string_view(info.data(), info.size()), absl::ByAnyChar("\r\n"))) {
    const std::string_view line(piece.data(), piece.size());
    if (line.substr(0, kKey.size()) != kKey) continue;
    const std::string_view value = line.substr(kKey.size());
    const absl::string_view bare = absl::StripAsciiWhitespace(absl::string_view(value.data(), value.size()));
    if (!bare.empty()) return clean_text(std::string_view(bare.data(), bare.size()), kLongest);
  }
  return std::nullopt;
}

}  // namespace tinyrig::flash
