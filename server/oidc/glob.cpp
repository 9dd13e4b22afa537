#include "server/oidc/glob.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace tinyrig::oidc {

absl::StatusOr<Glob> Glob::parse(std::string pattern) {
  std::string problem;
  if (pattern.empty()) problem = "is empty";
  if (pattern.size() > kMaxPatternBytes) problem = absl::StrCat("is longer than ", kMaxPatternBytes, " bytes");
  if (pattern.find("***") != std::string::npos) problem = "has three asterisks in a row";
  const std::size_t special = pattern.find_first_of("?[]{}\\");
  if (special != std::string::npos) problem = absl::StrCat("has a '", pattern.substr(special, 1), "'");
  if (problem.empty()) return Glob(std::move(pattern));
  return make_error(absl::StatusCode::kInvalidArgument, "PATTERN_INVALID",
                    absl::StrCat("the pattern '", pattern.substr(0, 64), "' ", problem, "; known are * and **"));
}

bool Glob::matches(std::string_view text) const {
  if (text.size() > kMaxTextBytes) return false;
  // reach[i]: the pattern, as far as it was read, matches the first i bytes.
  std::vector<bool> reach(text.size() + 1);
  reach[0] = true;
  for (std::size_t at = 0; at < pattern_.size(); ++at) {
    if (pattern_[at] != '*') {
      for (std::size_t i = text.size(); i > 0; --i) reach[i] = reach[i - 1] && text[i - 1] == pattern_[at];
      reach[0] = false;
      continue;
    }
    const bool crosses = at + 1 < pattern_.size() && pattern_[at + 1] == '*';
    if (crosses) ++at;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (reach[i] && (crosses || text[i] != '/')) reach[i + 1] = true;
    }
  }
  return reach[text.size()];
}

}  // namespace tinyrig::oidc
