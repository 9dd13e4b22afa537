#include "server/access/caller.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/store/columns.h"

namespace tinyrig::access {

Caller anybody() {
  Caller caller;
  caller.role = v1::ROLE_ADMIN;
  return caller;
}

std::string name_of(const Caller& caller, const std::string& said) { return caller.unnamed() ? said : caller.user; }

absl::Status check_owner(const Caller& caller, const std::string& owner, const std::string& what) {
  if (caller.is_at_least(v1::ROLE_OPERATOR) || (!caller.unnamed() && caller.user == owner)) return absl::OkStatus();
  return make_error(absl::StatusCode::kPermissionDenied, "NOT_YOURS",
                    absl::StrCat(what, " belongs to ", owner.empty() ? "nobody" : owner, ", you are ", caller.user),
                    "Ask its owner, or whoever has the role operator.");
}

absl::Status check_role(const Caller& caller, v1::Role least, const std::string& what) {
  if (least != v1::ROLE_UNSPECIFIED && caller.is_at_least(least)) return absl::OkStatus();
  return make_error(absl::StatusCode::kPermissionDenied, "ROLE_TOO_LOW",
                    absl::StrCat(what, " is for the role ", store::column_text(least),
                                 " and above; your token has the role ", store::column_text(caller.role)),
                    "Ask an admin for a token of that role: tinyrig admin token create.");
}

}  // namespace tinyrig::access
