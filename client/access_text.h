// Callers, tokens and the audit log as text. Pure functions.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "tinyrig/v1/access.pb.h"

namespace tinyrig::client {

/// "submitter"
std::string role_text(v1::Role role);
/// ROLE_UNSPECIFIED for a text that is none.
v1::Role role_of(const std::string& text);

/// Who the daemon takes the caller for, and what is left of quotas.
std::string caller_text(const v1::GetCallerResponse& caller, const std::string& server);

std::string tokens_text(const v1::ListTokensResponse& tokens, absl::Time now);

std::string audit_text(const v1::ListAuditLogResponse& log);

}  // namespace tinyrig::client
