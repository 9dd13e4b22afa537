// Which unit the gate measures on.
#include "client/gate_unit.h"

#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

v1::Board unit(const std::string& id, v1::Activity activity, v1::Health health = v1::HEALTH_GOOD) {
  v1::Board board;
  board.set_id(id);
  board.set_board_type("m4");
  board.set_activity(activity);
  board.set_health(health);
  return board;
}

std::string chosen(const std::vector<v1::Board>& boards, const std::string& avoided = "") {
  const v1::Board* board = choose_unit(boards, "m4", avoided);
  return board == nullptr ? "none" : board->id();
}

TEST(GateUnit, OnlyUnitsThatTakeWork) {
  for (const v1::Health health : {v1::HEALTH_QUARANTINED, v1::HEALTH_MAINTENANCE, v1::HEALTH_RETIRED}) {
    EXPECT_EQ(chosen({unit("a", v1::ACTIVITY_IDLE, health)}), "none") << health;
  }
  for (const v1::Health health : {v1::HEALTH_GOOD, v1::HEALTH_DEGRADED, v1::HEALTH_UNKNOWN}) {
    EXPECT_EQ(chosen({unit("a", v1::ACTIVITY_IDLE, health)}), "a") << health;
  }
  EXPECT_EQ(chosen({unit("a", v1::ACTIVITY_OFFLINE)}), "none");
  EXPECT_EQ(chosen({}), "none");
  v1::Board other = unit("b", v1::ACTIVITY_IDLE);
  other.set_board_type("m7");
  EXPECT_EQ(chosen({other}), "none");
}

TEST(GateUnit, AnotherUnitThenAProvenOneThenAnIdleOne) {
  EXPECT_EQ(chosen({unit("busy", v1::ACTIVITY_BUSY), unit("idle", v1::ACTIVITY_IDLE)}), "idle");
  EXPECT_EQ(chosen({unit("new", v1::ACTIVITY_IDLE, v1::HEALTH_UNKNOWN), unit("busy", v1::ACTIVITY_BUSY)}), "busy");
  EXPECT_EQ(chosen({unit("first", v1::ACTIVITY_IDLE), unit("second", v1::ACTIVITY_BUSY)}, "first"), "second");
  EXPECT_EQ(chosen({unit("first", v1::ACTIVITY_IDLE), unit("second", v1::ACTIVITY_OFFLINE)}, "first"), "first");
}

TEST(GateUnit, SaysWhyNoneTakesWork) {
  v1::Board board = unit("emu-1", v1::ACTIVITY_OFFLINE, v1::HEALTH_UNKNOWN);
  board.set_health_reason("no answer");
  EXPECT_EQ(
      why_no_unit({board, unit("emu-2", v1::ACTIVITY_IDLE, v1::HEALTH_RETIRED)}, "m4"),
      "no board of type m4 takes work: emu-1 is offline, health unknown (no answer); emu-2 is idle, health retired");
  EXPECT_EQ(why_no_unit({}, "m4"), "no board of type m4 takes work: the farm has none");
}

}  // namespace
}  // namespace tinyrig::client
