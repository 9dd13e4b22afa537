// Plans see the farm as it is, without a copy of it for every job.
#include "server/daemon/plan_contexts.h"

#include <gtest/gtest.h>

namespace tinyrig::daemon {
namespace {

v1::Board board(const std::string& id, const std::string& label) {
  v1::Board result;
  result.set_id(id);
  result.set_board_type("m4");
  result.add_labels(label);
  return result;
}

class PlanContextsTest : public ::testing::Test {
 protected:
  PlanContextsTest() : directory_({}, {board("one", "x"), board("two", "x")}), contexts_(directory_, always()) {}

  static jobs::ExpandContext always() {
    jobs::ExpandContext context;
    context.usual_runtimes["m4"] = {};
    return context;
  }

  boards::BoardDirectory directory_;
  PlanContexts contexts_;
};

TEST_F(PlanContextsTest, HoldsWhatIsAlwaysSoAndTheFarm) {
  const auto context = contexts_.now();
  EXPECT_EQ(context->boards.size(), 2U);
  EXPECT_TRUE(context->usual_runtimes.contains("m4"));
}

TEST_F(PlanContextsTest, IsNotCopiedAgainForABoardAtWork) {
  const auto before = contexts_.now();
  v1::Board busy = board("one", "x");
  busy.set_activity(v1::ACTIVITY_BUSY);
  busy.set_current_run_id("r-1");
  busy.set_runs_finished(7);
  directory_.update(busy);
  EXPECT_EQ(contexts_.now(), before);
}

TEST_F(PlanContextsTest, SeesWhatPlansDependOn) {
  v1::Board changed = board("one", "y");
  directory_.update(changed);
  EXPECT_EQ(contexts_.now()->boards[0].labels(0), "y");

  changed.mutable_agent()->add_runtimes()->set_name("portable");
  directory_.update(changed);
  ASSERT_EQ(contexts_.now()->boards[0].agent().runtimes_size(), 1);

  changed.mutable_agent()->mutable_runtimes(0)->set_version("2");
  directory_.update(changed);
  EXPECT_EQ(contexts_.now()->boards[0].agent().runtimes(0).version(), "2");

  changed.set_health(v1::HEALTH_RETIRED);
  directory_.update(changed);
  EXPECT_EQ(contexts_.now()->boards[0].health(), v1::HEALTH_RETIRED);

  changed.set_board_type("m7");
  directory_.update(changed);
  EXPECT_EQ(contexts_.now()->boards[0].board_type(), "m7");

  directory_.update(board("three", "x"));
  EXPECT_EQ(contexts_.now()->boards.size(), 3U);
}

}  // namespace
}  // namespace tinyrig::daemon
