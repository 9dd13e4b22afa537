// Tells who a CI job is from its ID token.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/oidc/config.h"
#include "server/oidc/https_get.h"
#include "server/oidc/key_keeper.h"
#include "server/oidc/rules.h"

namespace tinyrig::oidc {

struct OidcIdentity {
  std::string subject_name;  // for logs and people: the issuer's name and the token's subject, "github:repo:acme/..."
  Role role = Role::kViewer;
  std::string owner;  // of the jobs that it submits
  absl::Time expires;
};

/// Those of the daemon; tests take others.
struct VerifierSettings {
  KeyTiming fetched = {absl::Hours(1), absl::Seconds(30), absl::Hours(24)};
  KeyTiming files = {absl::Seconds(10), absl::Seconds(1), absl::Hours(24)};
  HttpsLimits https;
};

/// Thread-safe.
class OidcVerifier {
 public:
  /// Reads key files at once; keys that are fetched come in the background, on `executor`. `clock` outlives what runs
  /// there. NOT_FOUND, INVALID_ARGUMENT: a file that the configuration names cannot be used.
  static absl::StatusOr<std::unique_ptr<OidcVerifier>> start(Config config,
                                                             const boost::asio::any_io_executor& executor,
                                                             const Clock& clock, const VerifierSettings& settings = {});

  /// Never waits. The identity holds until it expires; a minute more is granted for clocks that differ.
  /// UNAUTHENTICATED: TOKEN_MALFORMED, TOKEN_ALGORITHM_REFUSED, ISSUER_UNKNOWN, KEY_UNKNOWN, TOKEN_SIGNATURE_INVALID,
  /// TOKEN_AUDIENCE_WRONG, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID. PERMISSION_DENIED (TOKEN_NOT_ALLOWED): a good token that
  /// no rule takes. UNAVAILABLE (KEYS_UNAVAILABLE): the issuer's keys could not be loaded; try again. No message has
  /// the token.
  absl::StatusOr<OidcIdentity> verify(std::string_view token, absl::Time now) const;

 private:
  OidcVerifier(Config config, std::vector<std::unique_ptr<KeyKeeper>> keepers);

  const Config config_;
  const std::vector<std::unique_ptr<KeyKeeper>> keepers_;  // one for each issuer of config_, in its order
};

}  // namespace tinyrig::oidc
