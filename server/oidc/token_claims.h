// The claims that every ID token has (RFC 7519, OpenID Connect Core 2), and the text of any other.
//
// Thread-safe: they keep nothing.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tinyrig::oidc {

/// How far the clocks of the issuer and of this machine may be apart.
inline constexpr absl::Duration kLeeway = absl::Seconds(60);

struct TokenClaims {
  std::string issuer;                    // iss
  std::string subject;                   // sub
  std::vector<std::string> audiences;    // aud
  absl::Time expires;                    // exp
  std::optional<absl::Time> not_before;  // nbf
  std::optional<absl::Time> issued_at;   // iat
};

/// UNAUTHENTICATED (TOKEN_MALFORMED): iss, sub, aud or exp is missing, or one is of the wrong kind.
absl::StatusOr<TokenClaims> read_token_claims(const boost::json::object& claims);

/// UNAUTHENTICATED: TOKEN_EXPIRED, TOKEN_NOT_YET_VALID.
absl::Status check_times(const TokenClaims& claims, absl::Time now);

/// A claim as rules compare it: a string as it is, "true", "false", a whole number in digits. nullopt: there is no such
/// claim, or it is none of these.
std::optional<std::string> claim_text(const boost::json::object& claims, std::string_view name);

}  // namespace tinyrig::oidc
