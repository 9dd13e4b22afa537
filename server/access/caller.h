// Who calls, once that is known. A plain value.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tinyrig/v1/role.pb.h"

namespace tinyrig::access {

struct Caller {
  // Owns the jobs and models that come with the call. Empty where no token is asked: then people say who they are.
  std::string user;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  // Empty: none.
  std::string token_id;
  absl::Time expires = absl::InfiniteFuture();
  /// Has shown no token, because none is asked.
  bool unnamed() const { return user.empty(); }
  bool is_at_least(v1::Role least) const { return role >= least; }
};

/// Of whoever reaches a daemon that asks for no token.
Caller anybody();

/// Who is to be written beside what the caller does: the caller's own name, or what it says where there is none.
std::string name_of(const Caller& caller, const std::string& said);

/// PERMISSION_DENIED NOT_YOURS unless `owner` is the caller, or the caller an operator. `what`: "job j-1".
absl::Status check_owner(const Caller& caller, const std::string& owner, const std::string& what);

/// PERMISSION_DENIED ROLE_TOO_LOW. `what`: "FlashBoard".
absl::Status check_role(const Caller& caller, v1::Role least, const std::string& what);

}  // namespace tinyrig::access
