#include "server/oidc/oidc_verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/oidc/jwt.h"
#include "server/oidc/token_claims.h"

namespace tinyrig::oidc {
namespace {

constexpr std::size_t kMaxNameBytes = 256;

absl::StatusOr<std::unique_ptr<KeyKeeper>> keep_keys(const Issuer& issuer, const boost::asio::any_io_executor& executor,
                                                     const Clock& clock, const VerifierSettings& settings) {
  if (!issuer.keys_file.empty()) {
    TINYRIG_ASSIGN_OR_RETURN(KeySet keys, load_key_file(issuer.keys_file));
    return KeyKeeper::start(executor, issuer.name, keys_in_file(issuer.keys_file), std::move(keys), settings.files,
                            clock);
  }
  TINYRIG_RETURN_IF_ERROR(check_ca_file(issuer.ca_file));
  return KeyKeeper::start(executor, issuer.name, keys_of_issuer(issuer.url, issuer.ca_file, settings.https),
                          std::nullopt, settings.fetched, clock);
}

absl::Status refused(const char* reason, const std::string& problem, const std::string& hint = "") {
  return make_error(absl::StatusCode::kUnauthenticated, reason, problem, hint);
}

}  // namespace

OidcVerifier::OidcVerifier(Config config, std::vector<std::unique_ptr<KeyKeeper>> keepers)
    : config_(std::move(config)), keepers_(std::move(keepers)) {}

absl::StatusOr<std::unique_ptr<OidcVerifier>> OidcVerifier::start(Config config,
                                                                  const boost::asio::any_io_executor& executor,
                                                                  const Clock& clock,
                                                                  const VerifierSettings& settings) {
  std::vector<std::unique_ptr<KeyKeeper>> keepers;
  for (const Issuer& issuer : config.issuers) {
    TINYRIG_ASSIGN_OR_RETURN(keepers.emplace_back(), keep_keys(issuer, executor, clock, settings));
  }
  return std::unique_ptr<OidcVerifier>(new OidcVerifier(std::move(config), std::move(keepers)));
}

absl::StatusOr<OidcIdentity> OidcVerifier::verify(std::string_view token, absl::Time now) const {
  TINYRIG_ASSIGN_OR_RETURN(const Jwt jwt, parse_jwt(token));
  TINYRIG_ASSIGN_OR_RETURN(const TokenClaims claims, read_token_claims(jwt.claims));
  const auto issuer =
      std::ranges::find_if(config_.issuers, [&](const Issuer& known) { return known.url == claims.issuer; });
  if (issuer == config_.issuers.end()) {
    return refused(
        "ISSUER_UNKNOWN",
        absl::StrCat("the ID token is of '", clean_text(claims.issuer, kMaxNameBytes), "', from which none are taken"),
        "Whose tokens are taken is said by the file of tinyrigd --oidc.");
  }
  KeyKeeper& keeper = *keepers_[static_cast<std::size_t>(issuer - config_.issuers.begin())];
  TINYRIG_ASSIGN_OR_RETURN(const PublicKey key, keeper.find(jwt.key_id, jwt.algorithm, now));
  if (!key.verifies(jwt.signed_part, jwt.signature)) {
    return refused("TOKEN_SIGNATURE_INVALID", "the ID token was not signed by its issuer, or was changed since");
  }

  // From here on the token is what its issuer signed, and may be spoken of.
  if (std::ranges::find(claims.audiences, issuer->audience) == claims.audiences.end()) {
    return refused("TOKEN_AUDIENCE_WRONG", "the ID token was made for another service",
                   absl::StrCat("Have the CI job ask for a token with the audience '", issuer->audience, "'."));
  }
  TINYRIG_RETURN_IF_ERROR(check_times(claims, now));
  const Rule* rule = first_match(config_.rules, issuer->name, jwt.claims);
  if (rule == nullptr) {
    return make_error(absl::StatusCode::kPermissionDenied, "TOKEN_NOT_ALLOWED",
                      absl::StrCat("no rule takes this ID token of '", issuer->name,
                                   "': ", describe_claims(config_.rules, issuer->name, jwt.claims)),
                      "Rules are in the file of tinyrigd --oidc: docs/oidc.md.");
  }
  OidcIdentity identity;
  identity.subject_name = clean_text(absl::StrCat(issuer->name, ":", claims.subject), kMaxNameBytes);
  identity.role = rule->role;
  TINYRIG_ASSIGN_OR_RETURN(identity.owner, rule->owner.fill(jwt.claims));
  identity.expires = claims.expires;
  return identity;
}

}  // namespace tinyrig::oidc
