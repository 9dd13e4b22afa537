// Which operators moved, in lists that are equal and in lists that are not.
#include "server/gate/attribution.h"

#include <gtest/gtest.h>

#include "tests/unit/gate/gate_runs.h"

namespace tinyrig::gate {
namespace {

TEST(Attribution, EqualListsByIndexTheLargestChangeFirst) {
  const v1::GateAttribution attribution =
      attribute(profile_with({{"CONV_2D", "a", 100}, {"CONV_2D", "a", 200}, {"SOFTMAX", "b", 10}, {"ADD", "c", 5}}),
                profile_with({{"CONV_2D", "a", 90}, {"CONV_2D", "a", 300}, {"SOFTMAX", "b", 20}, {"ADD", "c", 5}}));
  EXPECT_EQ(attribution.base_ticks(), 315);
  EXPECT_EQ(attribution.head_ticks(), 415);
  ASSERT_EQ(attribution.operators_size(), 3) << "what did not move is not listed";
  EXPECT_EQ(attribution.operators(0).base_index(), 1U);
  EXPECT_EQ(attribution.operators(0).head_index(), 1U);
  EXPECT_EQ(attribution.operators(0).base_ticks(), 200);
  EXPECT_EQ(attribution.operators(0).head_ticks(), 300);
  EXPECT_DOUBLE_EQ(attribution.operators(0).share(), 1.0);
  EXPECT_EQ(attribution.operators(1).base_index(), 0U) << "a tie stays in the order of the model";
  EXPECT_DOUBLE_EQ(attribution.operators(1).share(), -0.1) << "against the change";
  EXPECT_EQ(attribution.operators(2).kind(), "SOFTMAX");
}

TEST(Attribution, AnInsertedOperatorShiftsNoOther) {
  const v1::GateAttribution attribution =
      attribute(profile_with({{"CONV_2D", "a", 100}, {"CONV_2D", "b", 200}, {"SOFTMAX", "c", 10}}),
                profile_with({{"CONV_2D", "a", 100}, {"ADD", "n", 40}, {"CONV_2D", "b", 210}, {"SOFTMAX", "c", 10}}));
  ASSERT_EQ(attribution.operators_size(), 2);
  EXPECT_FALSE(attribution.operators(0).has_base_index());
  EXPECT_EQ(attribution.operators(0).head_index(), 1U);
  EXPECT_EQ(attribution.operators(0).kind(), "ADD");
  EXPECT_DOUBLE_EQ(attribution.operators(0).share(), 0.8);
  EXPECT_EQ(attribution.operators(1).base_index(), 1U);
  EXPECT_EQ(attribution.operators(1).head_index(), 2U);
}

TEST(Attribution, ARemovedOperatorIsListedWithItsTicks) {
  const v1::GateAttribution attribution =
      attribute(profile_with({{"CONV_2D", "a", 100}, {"ADD", "n", 40}}), profile_with({{"CONV_2D", "a", 100}}));
  ASSERT_EQ(attribution.operators_size(), 1);
  EXPECT_TRUE(attribution.operators(0).has_base_index());
  EXPECT_FALSE(attribution.operators(0).has_head_index());
  EXPECT_EQ(attribution.operators(0).base_ticks(), 40);
  EXPECT_DOUBLE_EQ(attribution.operators(0).share(), 1.0);
}

// More channels in one layer change the shapes of the next one too.
TEST(Attribution, ReshapedOperatorsAreMatchedByKindBetweenMatches) {
  const v1::GateAttribution attribution = attribute(
      profile_with({{"CONV_2D", "in", 50}, {"CONV_2D", "8", 100}, {"FULLY_CONNECTED", "8", 30}, {"SOFTMAX", "o", 9}}),
      profile_with(
          {{"CONV_2D", "in", 50}, {"CONV_2D", "16", 200}, {"FULLY_CONNECTED", "16", 60}, {"SOFTMAX", "o", 9}}));
  ASSERT_EQ(attribution.operators_size(), 2);
  EXPECT_EQ(attribution.operators(0).kind(), "CONV_2D");
  EXPECT_EQ(attribution.operators(0).base_index(), 1U);
  EXPECT_EQ(attribution.operators(0).head_index(), 1U);
  EXPECT_EQ(attribution.operators(0).base_shape(), "8");
  EXPECT_EQ(attribution.operators(0).head_shape(), "16");
  EXPECT_EQ(attribution.operators(1).kind(), "FULLY_CONNECTED");
}

TEST(Attribution, TheLongestCommonSubsequenceNotTheFirstMatch) {
  // Matching the first B would cost A and C.
  const v1::GateAttribution attribution = attribute(profile_with({{"A", "", 1}, {"C", "", 2}, {"B", "", 3}}),
                                                    profile_with({{"B", "", 30}, {"A", "", 1}, {"C", "", 2}}));
  ASSERT_EQ(attribution.operators_size(), 2);
  EXPECT_EQ(attribution.operators(0).kind(), "B");
  EXPECT_FALSE(attribution.operators(0).has_base_index());
  EXPECT_EQ(attribution.operators(1).kind(), "B");
  EXPECT_FALSE(attribution.operators(1).has_head_index());
}

TEST(Attribution, NothingMovedNothingListed) {
  const v1::ProfileResult profile = profile_with({{"CONV_2D", "a", 100}});
  EXPECT_EQ(attribute(profile, profile).operators_size(), 0);
  EXPECT_EQ(attribute({}, {}).operators_size(), 0);
}

TEST(Attribution, ChangesThatCancelHaveNoShare) {
  const v1::GateAttribution attribution =
      attribute(profile_with({{"A", "", 10}, {"B", "", 20}}), profile_with({{"A", "", 20}, {"B", "", 10}}));
  ASSERT_EQ(attribution.operators_size(), 2);
  EXPECT_EQ(attribution.operators(0).share(), 0);
}

}  // namespace
}  // namespace tinyrig::gate
