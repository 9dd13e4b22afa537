#include "server/oidc/base64url.h"

#include "absl/strings/escaping.h"

namespace tinyrig::oidc {

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  // Abseil takes padding, white space and loose bits too; none of them comes back.
  if (!absl::WebSafeBase64Unescape({text.data(), text.size()}, &bytes) || encode_base64url(bytes) != text) {
    return std::nullopt;
  }
  return bytes;
}

std::string encode_base64url(std::string_view bytes) { return absl::WebSafeBase64Escape({bytes.data(), bytes.size()}); }

}  // namespace tinyrig::oidc
