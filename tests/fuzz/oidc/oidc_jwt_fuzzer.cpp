// Any bytes as an ID token, or, behind a "!", as its header and claims, with a newline between them, which are then
// encoded. What is taken can be put together again to the very same token; nothing of it is in a refusal.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/oidc/base64url.h"
#include "server/oidc/jwt.h"
#include "server/oidc/owner_template.h"
#include "server/oidc/token_claims.h"

namespace {

using namespace tinyrig::oidc;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string token_of(std::string_view input) {
  if (input.empty() || input.front() != '!') return std::string(input);
  const std::size_t newline = std::min(input.find('\n'), input.size());
  return absl::StrCat(encode_base64url(input.substr(1, newline - 1)), ".",
                      encode_base64url(input.substr(std::min(newline + 1, input.size()))), ".c2lnbmVk");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string token = token_of({reinterpret_cast<const char*>(data), size});
  const auto jwt = parse_jwt(token);
  if (!jwt.ok()) {
    require(jwt.status().code() == absl::StatusCode::kUnauthenticated);
    require(jwt.status().message().size() < 400);
    return 0;
  }
  require(token.size() <= kMaxTokenBytes && looks_like_jwt(token));
  require(absl::StrCat(std::string(jwt->signed_part), ".", encode_base64url(jwt->signature)) == token);
  require(!jwt->key_id.empty());
  const auto claims = read_token_claims(jwt->claims);
  if (!claims.ok()) return 0;
  require(claims->expires >= absl::UnixEpoch() && claims->expires < absl::InfiniteFuture());
  require(check_times(*claims, absl::InfiniteFuture()).code() == absl::StatusCode::kUnauthenticated);
  require(claim_text(jwt->claims, "sub") == claims->subject);
  const auto owner = OwnerTemplate::parse("ci/{sub}")->fill(jwt->claims);
  require(!owner.ok() || *owner == "ci/" + claims->subject);
  require(!owner.ok() || owner->size() <= OwnerTemplate::kMaxOwnerBytes);
  return 0;
}
