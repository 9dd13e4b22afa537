// The exact rule, at its boundaries.
#include "server/gate/decide.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace tinyrig::gate {
namespace {

constexpr Tolerance kNothing{};
constexpr Tolerance kTwoPerMille{.relative_ppb = 2'000'000, .absolute = 0};

TEST(DecideExact, WithoutToleranceEveryByteCounts) {
  EXPECT_EQ(decide_exact(100, 100, kNothing), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(100, 101, kNothing), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(decide_exact(101, 100, kNothing), v1::GATE_VERDICT_IMPROVEMENT);
}

// 0.002 * 15,000 is 30.000000000000004 in doubles.
TEST(DecideExact, ExactlyAtTheRelativeToleranceItPasses) {
  EXPECT_EQ(allowed_change(15'000, 15'030, kTwoPerMille), 30U);
  EXPECT_EQ(decide_exact(15'000, 15'030, kTwoPerMille), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(15'000, 15'031, kTwoPerMille), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(decide_exact(15'030, 15'000, kTwoPerMille), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(15'031, 15'000, kTwoPerMille), v1::GATE_VERDICT_IMPROVEMENT);
  // Half a tick is allowed: none.
  EXPECT_EQ(decide_exact(250, 251, kTwoPerMille), v1::GATE_VERDICT_REGRESSION);
}

TEST(DecideExact, TheLargerToleranceHolds) {
  const Tolerance both{.relative_ppb = 2'000'000, .absolute = 50};
  EXPECT_EQ(decide_exact(15'000, 15'050, both), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(15'000, 15'051, both), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(decide_exact(1'000'000, 1'002'000, both), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(1'000'000, 1'002'001, both), v1::GATE_VERDICT_REGRESSION);
}

TEST(DecideExact, FromNothingAndToNothing) {
  EXPECT_EQ(decide_exact(0, 0, kTwoPerMille), v1::GATE_VERDICT_PASS);
  EXPECT_EQ(decide_exact(0, 1, kTwoPerMille), v1::GATE_VERDICT_REGRESSION);
  EXPECT_EQ(decide_exact(1, 0, kTwoPerMille), v1::GATE_VERDICT_IMPROVEMENT);
}

TEST(DecideExact, NoOverflowAtTheEndOfTheNumbers) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(allowed_change(kMost, kMost, {.relative_ppb = kBillion, .absolute = 0}), kMost);
  EXPECT_EQ(decide_exact(0, kMost, kTwoPerMille), v1::GATE_VERDICT_REGRESSION);
}

v1::GateVerdict mirrored(v1::GateVerdict verdict) {
  if (verdict == v1::GATE_VERDICT_REGRESSION) return v1::GATE_VERDICT_IMPROVEMENT;
  if (verdict == v1::GATE_VERDICT_IMPROVEMENT) return v1::GATE_VERDICT_REGRESSION;
  return verdict;
}

TEST(DecideExact, SwappedSidesMirrorTheVerdict) {
  constexpr std::uint32_t kSeed = 6;
  std::mt19937_64 random(kSeed);
  int passed = 0;
  int moved = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t base = random() % 100'000;
    const std::uint64_t head = base + random() % 400;
    const Tolerance tolerance{.relative_ppb = random() % 4'000'000, .absolute = random() % 100};
    const v1::GateVerdict verdict = decide_exact(base, head, tolerance);
    ASSERT_EQ(decide_exact(head, base, tolerance), mirrored(verdict)) << base << " " << head;
    ASSERT_EQ(decide_exact(base, base, tolerance), v1::GATE_VERDICT_PASS);
    ++(verdict == v1::GATE_VERDICT_PASS ? passed : moved);
  }
  EXPECT_GT(passed, 1000);
  EXPECT_GT(moved, 1000);
}

}  // namespace
}  // namespace tinyrig::gate
