#include "client/farm_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "client/table.h"

namespace tinyrig::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kAnyRows = std::numeric_limits<std::size_t>::max();
const absl::Time kNow = absl::FromUnixSeconds(1'795'812'900);  // 20:55:00Z

v1::Board view_board(const std::string& id, v1::Activity activity, v1::Health health, bool emulated = true) {
  v1::Board board;
  board.set_id(id);
  board.set_board_type(emulated ? "mps2-an386" : "nrf52840-dk");
  board.set_activity(activity);
  board.set_health(health);
  board.set_emulated(emulated);
  return board;
}

FarmState farm() {
  FarmState state;
  state.version.set_server_version("0.1.0");
  state.version.set_runs_queued(12);
  *state.boards.add_boards() = view_board("emu-1", v1::ACTIVITY_IDLE, v1::HEALTH_GOOD);
  v1::Board busy = view_board("emu-2", v1::ACTIVITY_BUSY, v1::HEALTH_GOOD);
  busy.set_current_run_id("r-9");
  busy.set_current_step("measuring");
  busy.set_current_step_progress(0.5);
  *state.boards.add_boards() = busy;
  v1::Board away = view_board("nrf-1", v1::ACTIVITY_OFFLINE, v1::HEALTH_UNKNOWN, false);
  away.set_health_code("PORT_NOT_FOUND");
  away.set_health_reason("there is no such port");
  *state.boards.add_boards() = away;
  v1::Job* job = state.jobs.add_jobs();
  job->set_job_id("j-1");
  job->set_state(v1::RUN_STATE_MEASURING);
  job->mutable_spec()->set_owner("ann");
  job->mutable_spec()->set_priority(v1::PRIORITY_HIGH);
  v1::Run* running = state.runs.add_runs();
  running->mutable_summary()->set_run_id("r-9");
  running->mutable_summary()->set_board_id("emu-2");
  running->mutable_summary()->set_model_name("kws");
  running->mutable_summary()->set_state(v1::RUN_STATE_MEASURING);
  v1::Run* ended = state.runs.add_runs();
  ended->mutable_summary()->set_run_id("r-8");
  ended->mutable_summary()->set_board_id("emu-1");
  ended->mutable_summary()->set_model_name("vww");
  ended->mutable_summary()->set_state(v1::RUN_STATE_FINISHED);
  ended->mutable_summary()->set_outcome(v1::OUTCOME_SUCCEEDED);
  ended->mutable_finish_time()->set_seconds(absl::ToUnixSeconds(kNow) - 30);
  return state;
}

FarmView view_of(const FarmState& state) {
  FarmView view("127.0.0.1:50051");
  view.set(state);
  return view;
}

v1::Event event(std::uint64_t sequence, const std::string& epoch = "one") {
  v1::Event made;
  made.set_sequence(sequence);
  made.set_epoch(epoch);
  made.mutable_time()->set_seconds(absl::ToUnixSeconds(kNow) - 2);
  return made;
}

TEST(FarmView, EverythingInEightyColumns) {
  EXPECT_THAT(
      view_of(farm()).picture(80, kAnyRows, kNow),
      ElementsAre("tinyrig top  127.0.0.1:50051  tinyrigd 0.1.0  20:55:00Z",
                  "boards: 3 (2 emulated), 1 offline, 1 idle, 1 busy",    //
                  "runs queued: 12, jobs open: 1, runs per minute: 0.2",  //
                  "",                                                     //
                  "BOARD  KIND      STATE    NOW", "nrf-1  silicon   offline  PORT_NOT_FOUND: there is no such port",
                  "emu-2  emulated  busy     [#####.....]  50 %  kws, measuring",
                  "emu-1  emulated  idle",  //
                  "",                       //
                  "JOB  STATE      PRIORITY  OWNER",
                  "j-1  measuring  high      ann",  //
                  "",                               //
                  "LAST RUNS  ENDED     MODEL  BOARD  OUTCOME", "r-8        30 s ago  vww    emu-1  succeeded"));
}

TEST(FarmView, FortyColumnsKeepWhatMatters) {
  const std::vector<std::string> lines = view_of(farm()).picture(40, kAnyRows, kNow);
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 40U) << line;
  EXPECT_EQ(lines.at(0), "tinyrig top  127.0.0.1:50051  tinyrig...");
  EXPECT_EQ(lines.at(4), "BOARD  KIND      STATE");
  EXPECT_EQ(lines.at(5), "nrf-1  silicon   offline");
  EXPECT_EQ(lines.at(6), "emu-2  emulated  busy");
}

TEST(FarmView, WideOnesHaveTypes) {
  EXPECT_EQ(view_of(farm()).picture(120, kAnyRows, kNow).at(5),
            "nrf-1  nrf52840-dk  silicon   offline  PORT_NOT_FOUND: there is no such port");
}

TEST(FarmView, NeverMoreThanTheScreenHas) {
  FarmState state = farm();
  for (int i = 0; i < 300; ++i) {
    *state.boards.add_boards() = view_board("x-" + std::to_string(i), v1::ACTIVITY_IDLE, v1::HEALTH_GOOD);
  }
  const FarmView view = view_of(state);
  for (const std::size_t rows : {1U, 2U, 5U, 10U, 24U, 60U}) {
    EXPECT_LE(view.picture(80, rows, kNow).size(), rows) << rows;
  }
  const std::vector<std::string> lines = view.picture(80, 24, kNow);
  EXPECT_EQ(lines.at(5).substr(0, 5), "nrf-1") << "trouble comes first";
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("more boards")));
}

TEST(FarmView, EventsChangeIt) {
  FarmView view = view_of(farm());
  v1::Event board = event(1);
  *board.mutable_board() = view_board("nrf-1", v1::ACTIVITY_IDLE, v1::HEALTH_GOOD, false);
  EXPECT_FALSE(view.apply(board));
  v1::Event ended = event(2);
  ended.mutable_run()->set_run_id("r-9");
  ended.mutable_run()->set_model_name("kws");
  ended.mutable_run()->set_board_id("emu-2");
  ended.mutable_run()->set_state(v1::RUN_STATE_FINISHED);
  ended.mutable_run()->set_outcome(v1::OUTCOME_BOARD_ERROR);
  ended.mutable_run()->set_reason("AGENT_SILENT");
  EXPECT_FALSE(view.apply(ended));
  v1::Event job = event(3);
  job.mutable_job()->set_job_id("j-1");
  job.mutable_job()->set_state(v1::RUN_STATE_FINISHED);
  EXPECT_FALSE(view.apply(job));
  view.set_queued_runs(3);
  const std::vector<std::string> lines = view.picture(80, kAnyRows, kNow);
  EXPECT_EQ(lines.at(1), "boards: 3 (2 emulated), 2 idle, 1 busy");
  EXPECT_EQ(lines.at(2), "runs queued: 3, jobs open: 0, runs per minute: 0.4");
  EXPECT_EQ(lines.at(10), "r-9        2 s ago   kws    emu-2  board error AGENT_SILENT");
}

TEST(FarmView, SaysWhenTheDaemonIsAway) {
  FarmView view = view_of(farm());
  view.set_lost(kNow - absl::Seconds(12));
  EXPECT_EQ(view.picture(80, kAnyRows, kNow).at(3), "! the daemon has not answered for 12 s; trying again");
  view.set_found();
  EXPECT_EQ(view.picture(80, kAnyRows, kNow).at(3), "");
}

TEST(FarmView, AGapOrAnotherStartAsksForTheStateAnew) {
  FarmView view = view_of(farm());
  EXPECT_FALSE(view.apply(event(1)));
  v1::Event lost = event(9);
  lost.mutable_resync()->set_dropped(3);
  EXPECT_TRUE(view.apply(lost));
  EXPECT_TRUE(view.apply(event(1, "two")));
  EXPECT_FALSE(view.apply(event(2, "two")));
}

TEST(FarmView, HostileTextsDriveNoTerminal) {
  FarmState state = farm();
  state.boards.mutable_boards(0)->mutable_hold()->set_kind(v1::HOLD_KIND_RESERVED);
  state.boards.mutable_boards(0)->mutable_hold()->set_owner("eve\x1b[2J\n");
  for (const std::string& line : view_of(state).picture(80, kAnyRows, kNow)) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }));
  }
}

}  // namespace
}  // namespace tinyrig::client
