#include "server/oidc/owner_template.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/oidc/token_claims.h"

namespace tinyrig::oidc {
namespace {

absl::Status no_owner(const std::string& problem) {
  return make_error(absl::StatusCode::kPermissionDenied, "TOKEN_NOT_ALLOWED", problem,
                    "Change 'owner' of the rule: docs/oidc.md.");
}

}  // namespace

absl::StatusOr<OwnerTemplate> OwnerTemplate::parse(const std::string& text) {
  constexpr std::size_t kNone = std::string::npos;
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = std::min(text.find('{', at), text.size());
    const std::size_t close = std::min(text.find('}', at), text.size());
    Piece piece{text.substr(at, open - at), open < close ? text.substr(open + 1, close - open - 1) : ""};
    const bool claim_ends = open < close && close < text.size();
    const bool none_left = open == text.size() && close == text.size();
    if (!none_left && (!claim_ends || piece.claim.empty() || piece.claim.find('{') != kNone)) {
      return make_error(absl::StatusCode::kInvalidArgument, "OWNER_INVALID",
                        absl::StrCat("the owner '", text.substr(0, 64),
                                     "' must be a text with claims in braces: ", "'ci/{repository}'"));
    }
    pieces.push_back(std::move(piece));
    at = none_left ? text.size() : close + 1;
  }
  if (pieces.empty()) return make_error(absl::StatusCode::kInvalidArgument, "OWNER_INVALID", "the owner is empty");
  return OwnerTemplate(text, std::move(pieces));
}

absl::StatusOr<std::string> OwnerTemplate::fill(const boost::json::object& claims) const {
  std::string owner;
  for (const Piece& piece : pieces_) {
    owner += piece.text;
    if (piece.claim.empty()) continue;
    const std::optional<std::string> value = claim_text(claims, piece.claim);
    if (!value.has_value() || value->empty()) {
      return no_owner(absl::StrCat("the owner '", source_, "' needs a claim that the ID token does not have"));
    }
    owner += *value;
  }
  if (owner.size() > kMaxOwnerBytes || clean_text(owner, kMaxOwnerBytes) != owner) {
    return no_owner(
        absl::StrCat("the owner '", source_, "' would be longer than ", kMaxOwnerBytes, " bytes, or no plain text"));
  }
  return owner;
}

}  // namespace tinyrig::oidc
