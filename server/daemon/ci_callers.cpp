#include "server/daemon/ci_callers.h"

#include <utility>

#include "server/base/clean_text.h"
#include "server/base/status_macros.h"
#include "server/oidc/config.h"

namespace tinyrig::daemon {
namespace {

constexpr std::size_t kMostSubjectBytes = 200;

v1::Role role_of(oidc::Role role) {
  switch (role) {
    case oidc::Role::kViewer:
      return v1::ROLE_VIEWER;
    case oidc::Role::kSubmitter:
      return v1::ROLE_SUBMITTER;
    case oidc::Role::kOperator:
      return v1::ROLE_OPERATOR;
  }
  return v1::ROLE_UNSPECIFIED;  // may do nothing
}

}  // namespace

access::Caller caller_of(const oidc::OidcIdentity& identity) {
  access::Caller caller;
  caller.user = identity.owner;
  caller.role = role_of(identity.role);
  caller.token_id = clean_text(identity.subject_name, kMostSubjectBytes);
  caller.expires = identity.expires;
  return caller;
}

absl::StatusOr<std::unique_ptr<oidc::OidcVerifier>> know_ci(const std::filesystem::path& file,
                                                            const boost::asio::any_io_executor& executor,
                                                            const Clock& clock, access::AccessControl& access) {
  TINYRIG_ASSIGN_OR_RETURN(oidc::Config config, oidc::load_config(file));
  TINYRIG_ASSIGN_OR_RETURN(auto verifier, oidc::OidcVerifier::start(std::move(config), executor, clock));
  access.identify_others_by(
      [verifier = verifier.get(), &clock](std::string_view bearer) -> absl::StatusOr<access::Caller> {
        TINYRIG_ASSIGN_OR_RETURN(const oidc::OidcIdentity identity, verifier->verify(bearer, clock.now()));
        return caller_of(identity);
      });
  return verifier;
}

}  // namespace tinyrig::daemon
