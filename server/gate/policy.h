// What a change may cost, per metric. A file of it is TOML; docs/gate.md describes it.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "server/gate/decide.h"

namespace tinyrig::gate {

/// By metric; has every one of metrics().
using Policy = std::map<std::string, Tolerance>;

Policy standard_policy();

/// What the file does not name keeps its standard. `file` is for messages. INVALID_ARGUMENT POLICY_INVALID names file,
/// line, key and, of an unknown key, those that are known.
absl::StatusOr<Policy> parse_policy(const std::string& text, const std::string& file);

/// Every metric with both values, as a policy file: the same for policies that allow the same.
std::string canonical_text(const Policy& policy);

}  // namespace tinyrig::gate
