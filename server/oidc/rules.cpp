#include "server/oidc/rules.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"
#include "server/oidc/token_claims.h"

namespace tinyrig::oidc {
namespace {

constexpr std::size_t kMaxShownBytes = 200;

// Names or numbers that are whole: nothing but the whole is a stranger's no longer.
const std::set<std::string> kWholeNames = {"repository_owner", "repository_owner_id", "repository_id", "project_id",
                                           "namespace_id"};
// OWNER/NAME, GROUP/SUBGROUP: what begins with "OWNER/" is the owner's.
const std::set<std::string> kPaths = {"repository", "project_path", "namespace_path"};
// How subjects begin that name a path. Others can be had: GitHub lets owners choose what is in a subject.
constexpr std::string_view kSubjectPaths[] = {"repo:", "project_path:"};

// Does the text have an owner's whole name, ended by a slash?
bool begins_with_owner(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && slash > 0;
}

bool names_owner(const std::string& claim, const Glob& glob) {
  const std::string_view beginning = glob.literal_beginning();
  if (kWholeNames.contains(claim)) return !glob.has_asterisk();
  if (kPaths.contains(claim)) return !glob.has_asterisk() || begins_with_owner(beginning);
  if (claim != "sub") return false;
  return std::ranges::any_of(kSubjectPaths, [&](std::string_view prefix) {
    return beginning.substr(0, prefix.size()) == prefix && begins_with_owner(beginning.substr(prefix.size()));
  });
}

bool meets(const ClaimPatterns& patterns, const boost::json::object& claims) {
  return std::ranges::all_of(patterns, [&](const auto& entry) {
    const std::optional<std::string> value = claim_text(claims, entry.first);
    return value.has_value() &&
           std::ranges::any_of(entry.second, [&](const Glob& glob) { return glob.matches(*value); });
  });
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kSubmitter:
      return "submitter";
    case Role::kOperator:
      return "operator";
  }
  return "";
}

bool anyone_can_meet(const ClaimPatterns& claims) {
  return std::ranges::none_of(claims, [](const auto& entry) {
    return !entry.second.empty() &&
           std::ranges::all_of(entry.second, [&](const Glob& glob) { return names_owner(entry.first, glob); });
  });
}

const Rule* first_match(const std::vector<Rule>& rules, const std::string& issuer, const boost::json::object& claims) {
  const auto found = std::ranges::find_if(
      rules, [&](const Rule& rule) { return rule.issuer == issuer && meets(rule.claims, claims); });
  return found == rules.end() ? nullptr : &*found;
}

std::string describe_claims(const std::vector<Rule>& rules, const std::string& issuer,
                            const boost::json::object& claims) {
  std::set<std::string> names = {"sub"};
  for (const Rule& rule : rules) {
    if (rule.issuer != issuer) continue;
    for (const auto& [name, globs] : rule.claims) names.insert(name);
  }
  return absl::StrJoin(names, ", ", [&](std::string* out, const std::string& name) {
    const std::optional<std::string> value = claim_text(claims, name);
    absl::StrAppend(out, name, value.has_value() ? "=" : " is missing",
                    value.has_value() ? clean_text(*value, kMaxShownBytes) : "");
  });
}

}  // namespace tinyrig::oidc
