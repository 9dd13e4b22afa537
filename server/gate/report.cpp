#include "server/gate/report.h"

#include <algorithm>

#include "server/base/sha256.h"

namespace tinyrig::gate {

v1::GateReport make_report(const std::vector<v1::GateComparison>& comparisons, const Policy& policy) {
  v1::GateReport report;
  report.set_verdict(comparisons.empty() ? v1::GATE_VERDICT_INVALID : v1::GATE_VERDICT_PASS);
  for (const v1::GateComparison& comparison : comparisons) {
    report.set_verdict(std::max(report.verdict(), comparison.verdict()));
    *report.add_comparisons() = comparison;
  }
  for (const auto& [metric, tolerance] : policy) {
    v1::GatePolicyEntry& entry = *report.add_policy();
    entry.set_metric(metric);
    entry.mutable_tolerance()->set_relative(static_cast<double>(tolerance.relative_ppb) /
                                            static_cast<double>(kBillion));
    entry.mutable_tolerance()->set_absolute(tolerance.absolute);
  }
  report.set_policy_sha256(sha256_hex(canonical_text(policy)));
  return report;
}

}  // namespace tinyrig::gate
