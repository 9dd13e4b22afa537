// The one check that every call meets first: who calls, not too often, and with a role that may. And the place where
// what was called is written down. Knows nothing of gRPC or HTTP.
//
// Thread-safe.
#pragma once

#include <google/protobuf/descriptor.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/access/call_rates.h"
#include "server/access/caller.h"
#include "server/access/quota_book.h"
#include "server/access/token_book.h"
#include "server/base/clock.h"
#include "server/store/store.h"

namespace tinyrig::access {

struct AccessSettings {
  // False: whoever reaches the daemon is an admin without a name.
  bool tokens_required = false;
  // Of each user; 0: no limit.
  double calls_per_second = 0;
  QuotaLimits quotas;
};

/// Whose bearer token it is, of those that are no tokens of ours.
using Identify = std::function<absl::StatusOr<Caller>(std::string_view bearer)>;

class AccessControl {
 public:
  /// Both must outlive it.
  AccessControl(AccessSettings settings, store::Store& store, const Clock& clock)
      : settings_(settings),
        store_(store),
        clock_(clock),
        tokens_(store, clock),
        rates_(settings.calls_per_second),
        quotas_(settings.quotas, store, clock) {}

  /// Tokens of others (OIDC). Set before the first call.
  void identify_others_by(Identify identify) { identify_other_ = std::move(identify); }

  /// `authorization`: as it came, "Bearer TOKEN"; empty: none came.
  /// UNAUTHENTICATED TOKEN_MISSING, TOKEN_MALFORMED and those of the token; RESOURCE_EXHAUSTED RATE_LIMITED;
  /// PERMISSION_DENIED ROLE_TOO_LOW.
  absl::StatusOr<Caller> admit(std::string_view authorization, const google::protobuf::MethodDescriptor& method);

  /// The same for what is no method of the API: a page, a WebSocket.
  absl::StatusOr<Caller> admit(std::string_view authorization, v1::Role least, const std::string& what);

  /// Writes down a call of a method that is audited; of another, nothing. `done` (may be empty) follows in any case,
  /// when it is on the disk or the disk refused it: on the store's writer thread, or before this returns.
  void record(const Caller& caller, const google::protobuf::MethodDescriptor& method, std::string subject,
              const absl::Status& result, store::Done done = nullptr);

  bool tokens_required() const { return settings_.tokens_required; }
  TokenBook& tokens() { return tokens_; }
  QuotaBook& quotas() { return quotas_; }

 private:
  absl::StatusOr<Caller> identify(std::string_view authorization);
  absl::StatusOr<Caller> identify_within_rate(std::string_view authorization);

  const AccessSettings settings_;
  store::Store& store_;
  const Clock& clock_;
  TokenBook tokens_;
  CallRates rates_;
  QuotaBook quotas_;
  Identify identify_other_;
};

}  // namespace tinyrig::access
