#include "server/gate/policy.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/status_macros.h"
#include "server/base/toml_reader.h"
#include "server/gate/metrics.h"

namespace tinyrig::gate {
namespace {

constexpr char kPolicyInvalid[] = "POLICY_INVALID";

double relative(const Tolerance& tolerance) {
  return static_cast<double>(tolerance.relative_ppb) / static_cast<double>(kBillion);
}

}  // namespace

Policy standard_policy() {
  Policy policy;
  for (const Metric& metric : metrics()) policy[metric.name] = metric.standard;
  return policy;
}

absl::StatusOr<Policy> parse_policy(const std::string& text, const std::string& file) {
  TINYRIG_ASSIGN_OR_RETURN(const toml::table root, parse_toml(text, file, kPolicyInvalid));
  TomlReader top(root, file, "policy", kPolicyInvalid);
  Policy policy = standard_policy();
  for (auto& [metric, tolerance] : policy) {
    const toml::table* table = top.table(metric.c_str());
    if (table == nullptr) continue;
    TomlReader reader(*table, file, absl::StrCat("[", metric, "]"), kPolicyInvalid);
    const double ratio = reader.fraction("relative", relative(tolerance));
    tolerance.relative_ppb = static_cast<std::uint64_t>(std::llround(ratio * static_cast<double>(kBillion)));
    tolerance.absolute = reader.number("absolute", tolerance.absolute);
    TINYRIG_RETURN_IF_ERROR(reader.finish());
  }
  TINYRIG_RETURN_IF_ERROR(top.finish());
  return policy;
}

std::string canonical_text(const Policy& policy) {
  std::string text;
  for (const auto& [metric, tolerance] : policy) {
    absl::StrAppendFormat(&text, "[%s]\nrelative = %.9f\nabsolute = %u\n", metric, relative(tolerance),
                          tolerance.absolute);
  }
  return text;
}

}  // namespace tinyrig::gate
