#include "server/oidc/jwt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/oidc/base64url.h"
#include "server/oidc/strict_json.h"

namespace tinyrig::oidc {
namespace {

namespace json = boost::json;

constexpr char kMalformed[] = "TOKEN_MALFORMED";

absl::Status malformed(std::string problem) {
  return make_error(absl::StatusCode::kUnauthenticated, kMalformed, "the ID token " + std::move(problem),
                    "Pass the token as the CI system gave it: docs/oidc.md.");
}

absl::StatusOr<json::object> decode_object(std::string_view part, const std::string& what) {
  const std::optional<std::string> text = decode_base64url(part);
  if (!text.has_value()) return malformed("has a " + what + " that is no base64url");
  auto object = parse_strict_object(*text, "its " + what, kMalformed);
  if (!object.ok()) return malformed("makes no sense: " + std::string(object.status().message()));
  return object;
}

absl::StatusOr<Algorithm> read_algorithm(const json::object& header) {
  const std::string name = string_member(header, "alg").value_or("");
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "ES256") return Algorithm::kEs256;
  return make_error(
      absl::StatusCode::kUnauthenticated, "TOKEN_ALGORITHM_REFUSED",
      absl::StrCat("the ID token is signed with '", clean_text(name, 32), "'; RS256 and ES256 are taken"));
}

// Of a token for another purpose (an access token, "at+jwt") it is something else.
bool is_plain_jwt(const json::object& header) {
  if (!header.contains("typ")) return true;
  const std::string type = string_member(header, "typ").value_or("");
  return absl::EqualsIgnoreCase(type, "JWT");
}

}  // namespace

bool looks_like_jwt(std::string_view token) { return std::count(token.begin(), token.end(), '.') == 2; }

absl::StatusOr<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return malformed(absl::StrCat("is longer than ", kMaxTokenBytes, " bytes"));
  if (!looks_like_jwt(token)) return malformed("does not have the form HEADER.CLAIMS.SIGNATURE");
  const std::size_t first = token.find('.'), last = token.rfind('.');

  TINYRIG_ASSIGN_OR_RETURN(const json::object header, decode_object(token.substr(0, first), "header"));
  Jwt jwt;
  TINYRIG_ASSIGN_OR_RETURN(jwt.algorithm, read_algorithm(header));
  if (!is_plain_jwt(header)) return malformed("has another type than JWT");
  if (header.contains("crit")) return malformed("asks for extensions ('crit'); none is known here");
  jwt.key_id = string_member(header, "kid").value_or("");
  if (jwt.key_id.empty()) return malformed("does not name its key ('kid')");

  TINYRIG_ASSIGN_OR_RETURN(jwt.claims, decode_object(token.substr(first + 1, last - first - 1), "claims"));
  std::optional<std::string> signature = decode_base64url(token.substr(last + 1));
  if (!signature.has_value() || signature->empty()) return malformed("has no signature, or one that is no base64url");
  jwt.signature = *std::move(signature);
  jwt.signed_part = token.substr(0, last);
  return jwt;
}

}  // namespace tinyrig::oidc
