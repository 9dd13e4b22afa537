// The second look at a regression.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/gate/compare.h"
#include "tests/unit/gate/gate_runs.h"

namespace tinyrig::gate {
namespace {

using ::testing::HasSubstr;

class ConfirmTest : public ::testing::Test {
 protected:
  v1::Run again(const std::string& model, double ticks, const std::string& board) {
    v1::Run run = counted_run("r-again-" + model, model, ticks);
    run.mutable_summary()->set_board_id(board);
    run.mutable_result()->mutable_provenance()->set_board_id(board);
    return run;
  }

  v1::GateComparison comparison_ =
      compare(counted_run("r-1", "aa", 1000), counted_run("r-2", "bb", 1100), standard_policy());
};

TEST_F(ConfirmTest, OnlyARegressionOfTicksNeedsIt) {
  EXPECT_TRUE(needs_confirmation(comparison_));
  EXPECT_FALSE(
      needs_confirmation(compare(counted_run("r-1", "aa", 1100), counted_run("r-2", "bb", 1000), standard_policy())));
  v1::Run larger = counted_run("r-2", "bb", 1000);
  larger.mutable_result()->mutable_memory()->set_arena_used_bytes(90'000);
  EXPECT_FALSE(needs_confirmation(compare(counted_run("r-1", "aa", 1000), larger, standard_policy())));
  EXPECT_FALSE(needs_confirmation(invalid_comparison("t", "r", "no board")));
}

TEST_F(ConfirmTest, TheSameNumbersOnAnotherUnitConfirm) {
  confirm(again("aa", 1000, "emu-2"), again("bb", 1100, "emu-2"), &comparison_);
  EXPECT_EQ(comparison_.verdict(), v1::GATE_VERDICT_REGRESSION);
  EXPECT_TRUE(comparison_.confirmation().confirmed());
  EXPECT_TRUE(comparison_.confirmation().other_unit());
  EXPECT_THAT(comparison_.confirmation().reason(), HasSubstr("emu-2, another unit: the same numbers"));
}

TEST_F(ConfirmTest, OnTheSameUnitItSaysSo) {
  confirm(again("aa", 1000, "emu-1"), again("bb", 1100, "emu-1"), &comparison_);
  EXPECT_TRUE(comparison_.confirmation().confirmed());
  EXPECT_FALSE(comparison_.confirmation().other_unit());
  EXPECT_THAT(comparison_.confirmation().reason(), HasSubstr("emu-1, the same unit"));
}

TEST_F(ConfirmTest, OtherNumbersAreNotDeterministic) {
  confirm(again("aa", 1000, "emu-2"), again("bb", 1101, "emu-2"), &comparison_);
  EXPECT_EQ(comparison_.verdict(), v1::GATE_VERDICT_INVALID);
  EXPECT_FALSE(comparison_.confirmation().confirmed());
  EXPECT_EQ(comparison_.reason(),
            "the regression was not confirmed: not deterministic: latency of head was 1100, and 1101 when measured "
            "again");
}

TEST_F(ConfirmTest, OfTheBaseToo) {
  confirm(again("aa", 999, "emu-2"), again("bb", 1100, "emu-2"), &comparison_);
  EXPECT_THAT(comparison_.reason(), HasSubstr("latency of base was 1000, and 999"));
}

TEST_F(ConfirmTest, ARunThatFailedConfirmsNothing) {
  v1::Run failed = again("bb", 1100, "emu-2");
  failed.mutable_summary()->set_outcome(v1::OUTCOME_BOARD_ERROR);
  confirm(again("aa", 1000, "emu-2"), failed, &comparison_);
  EXPECT_EQ(comparison_.verdict(), v1::GATE_VERDICT_INVALID);
  EXPECT_THAT(comparison_.reason(), HasSubstr("the regression was not confirmed: the head run r-again-bb did not"));
}

}  // namespace
}  // namespace tinyrig::gate
