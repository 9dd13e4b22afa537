#include "server/oidc/token_claims.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

namespace json = boost::json;

constexpr double kEndOfYear9999 = 253'402'300'799;

absl::Status bad_claim(const std::string& name, const std::string& problem) {
  return make_error(absl::StatusCode::kUnauthenticated, "TOKEN_MALFORMED",
                    absl::StrCat("the ID token's claim '", name, "' ", problem),
                    "Pass the token as the CI system gave it: docs/oidc.md.");
}

absl::StatusOr<std::string> required_text(const json::object& claims, const std::string& name) {
  std::optional<std::string> text = string_member(claims, name);
  if (!text.has_value() || text->empty()) return bad_claim(name, "is missing, or no text");
  return *std::move(text);
}

absl::StatusOr<std::vector<std::string>> read_audiences(const json::object& claims) {
  std::vector<std::string> audiences;
  const json::value* value = claims.if_contains("aud");
  if (value == nullptr || !value->is_array()) {
    TINYRIG_ASSIGN_OR_RETURN(audiences.emplace_back(), required_text(claims, "aud"));
    return audiences;
  }
  for (const json::value& element : value->get_array()) {
    if (!element.is_string()) return bad_claim("aud", "has an element that is no text");
    audiences.emplace_back(element.get_string().data(), element.get_string().size());
  }
  return audiences;
}

// Seconds since 1970, which may have a fraction. nullopt: there is no such claim.
absl::StatusOr<std::optional<absl::Time>> read_time(const json::object& claims, const std::string& name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const double seconds = value->is_number() ? value->to_number<double>(error) : -1;
  if (error || !(seconds >= 0 && seconds <= kEndOfYear9999)) return bad_claim(name, "is no time");
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

}  // namespace

absl::StatusOr<TokenClaims> read_token_claims(const json::object& claims) {
  TokenClaims result;
  TINYRIG_ASSIGN_OR_RETURN(result.issuer, required_text(claims, "iss"));
  TINYRIG_ASSIGN_OR_RETURN(result.subject, required_text(claims, "sub"));
  TINYRIG_ASSIGN_OR_RETURN(result.audiences, read_audiences(claims));
  TINYRIG_ASSIGN_OR_RETURN(const std::optional<absl::Time> expires, read_time(claims, "exp"));
  if (!expires.has_value()) return bad_claim("exp", "is missing");
  result.expires = *expires;
  TINYRIG_ASSIGN_OR_RETURN(result.not_before, read_time(claims, "nbf"));
  TINYRIG_ASSIGN_OR_RETURN(result.issued_at, read_time(claims, "iat"));
  return result;
}

absl::Status check_times(const TokenClaims& claims, absl::Time now) {
  if (now >= claims.expires + kLeeway) {
    return make_error(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED",
                      absl::StrCat("the ID token expired at ", absl::FormatTime(claims.expires, absl::UTCTimeZone())),
                      "Have the CI job ask for a new one just before it is used; or set this machine's clock.");
  }
  const absl::Time valid_from =
      std::max(claims.not_before.value_or(absl::InfinitePast()), claims.issued_at.value_or(absl::InfinitePast()));
  if (now < valid_from - kLeeway) {
    return make_error(
        absl::StatusCode::kUnauthenticated, "TOKEN_NOT_YET_VALID",
        absl::StrCat("the ID token is not valid before ", absl::FormatTime(valid_from, absl::UTCTimeZone())),
        "One of the clocks is wrong: this machine's most likely.");
  }
  return absl::OkStatus();
}

std::optional<std::string> claim_text(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains({name.data(), name.size()});
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return string_member(claims, name);
  if (value->is_bool()) return value->get_bool() ? "true" : "false";
  if (value->is_int64()) return absl::StrCat(value->get_int64());
  if (value->is_uint64()) return absl::StrCat(value->get_uint64());
  return std::nullopt;
}

}  // namespace tinyrig::oidc
