// What the tokens of an issuer may do, by their claims: the first rule that a token meets decides.
//
// Thread-safe: values, and functions that keep nothing.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/oidc/glob.h"
#include "server/oidc/owner_template.h"

namespace tinyrig::oidc {

/// Each may do what those before it may. There is no administrator: no CI job is to make tokens.
enum class Role { kViewer, kSubmitter, kOperator };

/// "viewer", "submitter", "operator".
std::string_view role_name(Role role);

/// By claim, any of several patterns.
using ClaimPatterns = std::map<std::string, std::vector<Glob>>;

struct Rule {
  std::string issuer;  // its name
  Role role = Role::kViewer;
  OwnerTemplate owner;
  ClaimPatterns claims;  // all of them must match
};

/// Would the patterns take tokens of anyone? GitHub and GitLab sign for all their users, so one of the claims that
/// name a repository or its owner must begin with a whole name that strangers cannot have.
bool anyone_can_meet(const ClaimPatterns& claims);

/// nullptr: none takes it.
const Rule* first_match(const std::vector<Rule>& rules, const std::string& issuer, const boost::json::object& claims);

/// For people: those claims of the token that rules of the issuer look at, and its subject.
std::string describe_claims(const std::vector<Rule>& rules, const std::string& issuer,
                            const boost::json::object& claims);

}  // namespace tinyrig::oidc
