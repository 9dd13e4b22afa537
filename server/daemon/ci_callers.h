// CI jobs as callers: who they are by the ID tokens that GitHub and GitLab give them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "server/access/access_control.h"
#include "server/base/clock.h"
#include "server/oidc/oidc_verifier.h"

namespace tinyrig::daemon {

/// Reads `file`, the issuers and their rules, and has `access` ask them for tokens that are not its own. What it gives
/// must live as long as calls come; `clock` and what runs on `executor` as oidc/oidc_verifier.h says. Errors of the
/// file.
absl::StatusOr<std::unique_ptr<oidc::OidcVerifier>> know_ci(const std::filesystem::path& file,
                                                            const boost::asio::any_io_executor& executor,
                                                            const Clock& clock, access::AccessControl& access);

/// The job's owner is the user; the token's subject stands where the id of a token would.
access::Caller caller_of(const oidc::OidcIdentity& identity);

}  // namespace tinyrig::daemon
