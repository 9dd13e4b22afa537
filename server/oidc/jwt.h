// The form of a signed JWT: HEADER.CLAIMS.SIGNATURE (RFC 7515, 7519). Nothing of it is true before its signature has
// been verified.
//
// Thread-safe: they keep nothing.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/oidc/public_key.h"

namespace tinyrig::oidc {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;

struct Jwt {
  Algorithm algorithm = Algorithm::kRs256;
  std::string key_id;
  std::string_view signed_part;  // of the token that was parsed
  std::string signature;
  boost::json::object claims;
};

/// Has it the form of a signed JWT? Looks at its dots alone: whoever takes other kinds of token asks this first.
bool looks_like_jwt(std::string_view token);

/// UNAUTHENTICATED: TOKEN_MALFORMED, TOKEN_ALGORITHM_REFUSED (anything but RS256 and ES256). No message has a part of
/// the token but the name of its algorithm. `token` outlives the result.
absl::StatusOr<Jwt> parse_jwt(std::string_view token);

}  // namespace tinyrig::oidc
