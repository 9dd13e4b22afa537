// Base64url as JOSE has it (RFC 7515, appendix C): no padding, no white space, one spelling of each byte string.
//
// Thread-safe: they keep nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tinyrig::oidc {

/// nullopt: this is no base64url, or not the only spelling of its bytes (loose bits at the end, padding).
std::optional<std::string> decode_base64url(std::string_view text);

std::string encode_base64url(std::string_view bytes);

}  // namespace tinyrig::oidc
