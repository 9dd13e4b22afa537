#include "server/access/access_control.h"

#include <utility>

#include "absl/strings/match.h"
#include "server/access/audit.h"
#include "server/access/roles.h"
#include "server/access/secret.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::access {
namespace {

constexpr std::string_view kScheme = "Bearer ";

absl::Status unauthenticated(const char* reason, const char* what) {
  return make_error(absl::StatusCode::kUnauthenticated, reason, what,
                    "Log in with tinyrig login, or give the token in TINYRIG_TOKEN (over HTTP as the header "
                    "\"Authorization: Bearer TOKEN\").");
}

}  // namespace

absl::StatusOr<Caller> AccessControl::identify(std::string_view authorization) {
  if (!settings_.tokens_required) return anybody();
  if (authorization.empty()) return unauthenticated("TOKEN_MISSING", "the daemon asks for a token, and none came");
  if (!absl::StartsWithIgnoreCase(absl::string_view(authorization.data(), authorization.size()),
                                  absl::string_view(kScheme.data(), kScheme.size()))) {
    return unauthenticated("TOKEN_MALFORMED", "the authorization that came is no bearer token");
  }
  const std::string_view bearer = authorization.substr(kScheme.size());
  if (identify_other_ && !is_secret(bearer)) return identify_other_(bearer);
  return tokens_.caller_of(bearer);
}

absl::StatusOr<Caller> AccessControl::identify_within_rate(std::string_view authorization) {
  TINYRIG_ASSIGN_OR_RETURN(Caller caller, identify(authorization));
  if (!caller.unnamed()) TINYRIG_RETURN_IF_ERROR(rates_.take(caller.user, clock_.now()));
  return caller;
}

absl::StatusOr<Caller> AccessControl::admit(std::string_view authorization,
                                            const google::protobuf::MethodDescriptor& method) {
  TINYRIG_ASSIGN_OR_RETURN(Caller caller, identify_within_rate(authorization));
  if (absl::Status allowed = check_role(caller, required_role(method), method.name()); !allowed.ok()) {
    record(caller, method, "", allowed);
    return allowed;
  }
  return caller;
}

absl::StatusOr<Caller> AccessControl::admit(std::string_view authorization, v1::Role least, const std::string& what) {
  TINYRIG_ASSIGN_OR_RETURN(Caller caller, identify_within_rate(authorization));
  TINYRIG_RETURN_IF_ERROR(check_role(caller, least, what));
  return caller;
}

void AccessControl::record(const Caller& caller, const google::protobuf::MethodDescriptor& method, std::string subject,
                           const absl::Status& result, store::Done done) {
  if (is_audited(method)) {
    store_.append_audit(audit_line(clock_.now(), caller, method, std::move(subject), result), std::move(done));
  } else if (done) {
    done(absl::OkStatus());
  }
}

}  // namespace tinyrig::access
