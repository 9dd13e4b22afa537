// As bad as the worst of its comparisons, and always the same bytes.
#include "server/gate/report.h"

#include <gtest/gtest.h>

#include "server/base/sha256.h"

namespace tinyrig::gate {
namespace {

v1::GateComparison with_verdict(v1::GateVerdict verdict) {
  v1::GateComparison comparison;
  comparison.set_verdict(verdict);
  return comparison;
}

TEST(Report, TheWorstVerdictHolds) {
  const v1::GateVerdict worse_and_worse[] = {v1::GATE_VERDICT_PASS, v1::GATE_VERDICT_IMPROVEMENT,
                                             v1::GATE_VERDICT_INCONCLUSIVE, v1::GATE_VERDICT_REGRESSION,
                                             v1::GATE_VERDICT_INVALID};
  for (const v1::GateVerdict a : worse_and_worse) {
    for (const v1::GateVerdict b : worse_and_worse) {
      EXPECT_EQ(make_report({with_verdict(a), with_verdict(b)}, standard_policy()).verdict(), std::max(a, b));
    }
  }
  EXPECT_EQ(make_report({}, standard_policy()).verdict(), v1::GATE_VERDICT_INVALID) << "nothing was looked at";
}

TEST(Report, CarriesThePolicyAndItsDigest) {
  const v1::GateReport report = make_report({with_verdict(v1::GATE_VERDICT_PASS)}, standard_policy());
  ASSERT_EQ(report.policy_size(), 6);
  EXPECT_EQ(report.policy(2).metric(), "latency");
  EXPECT_DOUBLE_EQ(report.policy(2).tolerance().relative(), 0.002);
  EXPECT_EQ(report.policy_sha256(), sha256_hex(canonical_text(standard_policy())));
  const auto other = parse_policy("[latency]\nabsolute = 1\n", "gate.toml");
  ASSERT_TRUE(other.ok());
  EXPECT_NE(make_report({}, *other).policy_sha256(), report.policy_sha256());
}

}  // namespace
}  // namespace tinyrig::gate
