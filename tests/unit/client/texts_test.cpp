// The pages of text: a board, results, one run, the leaderboard.
#include <gtest/gtest.h>

#include "client/board_text.h"
#include "client/leaderboard_text.h"
#include "client/result_table.h"
#include "client/run_text.h"

namespace tinyrig::client {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

v1::Run good_run(const std::string& model = "kws") {
  v1::Run run;
  v1::RunSummary& summary = *run.mutable_summary();
  summary.set_run_id("r-1");
  summary.set_model_name(model);
  summary.set_board_type("mps2-an386");
  summary.set_board_id("emu-1");
  summary.set_runtime("tinyrig");
  summary.set_state(v1::RUN_STATE_FINISHED);
  summary.set_outcome(v1::OUTCOME_SUCCEEDED);
  v1::RunResult& result = *run.mutable_result();
  result.set_validity(v1::VALIDITY_VALID);
  result.mutable_provenance()->set_emulated(true);
  result.mutable_provenance()->set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  result.mutable_provenance()->set_placement("flash_slot");
  result.mutable_latency()->set_count(30);
  result.mutable_latency()->set_sessions(3);
  result.mutable_latency()->set_median_ticks(2'411'092);
  result.mutable_memory()->set_arena_used_bytes(24'000);
  result.mutable_memory()->set_agent_flash_bytes(40 * 1024);
  result.mutable_memory()->set_packed_model_bytes(60 * 1024);
  result.mutable_verification()->set_inputs_checked(8);
  result.mutable_verification()->set_inputs_matched(8);
  return run;
}

TEST(BoardText, TellsWhatWearsItAndWhatItShouldTake) {
  v1::Board board;
  board.set_id("f4-1");
  v1::BoardType type;
  type.set_model_slot_bytes(65'536);
  EXPECT_FALSE(contains(board_text(board, type), "  written")) << "nothing is known yet";
  EXPECT_FALSE(contains(board_text(board, type), "  power"));
  board.mutable_flash_wear()->set_firmware_writes(3);
  board.mutable_flash_wear()->set_model_slot_writes(8'200);
  type.set_flash_erase_cycles(10'000);
  type.mutable_nominal_power()->set_supply_mv(3'300);
  type.mutable_nominal_power()->set_run_ua(12'500);
  type.mutable_nominal_power()->set_sleep_ua(590);
  const std::string text = board_text(board, type);
  EXPECT_TRUE(contains(text, "  written     firmware 3 times, model slot 8,200 times; its maker guarantees 10,000\n"))
      << text;
  EXPECT_TRUE(contains(text, "  power       12.5 mA at work, 590 uA asleep, at 3300 mV (data sheet, the chip alone)\n"))
      << text;
}

TEST(BoardText, TellsItsInstrument) {
  v1::Board board;
  EXPECT_TRUE(contains(board_text(board, v1::BoardType()), "  instrument  none\n"));
  board.set_instrument("ppk2");
  EXPECT_TRUE(contains(board_text(board, v1::BoardType()), "  instrument  ppk2\n"));
}

TEST(ResultTable, EveryNumberHasItsCompany) {
  const std::string text = result_table({good_run()});
  EXPECT_TRUE(contains(text, "2,411,092  unknown        instructions (emulated)  10x3")) << text;
  EXPECT_TRUE(contains(text, "23.4 KiB  100 KiB  8/8       succeeded  r-1")) << text;
}

TEST(ResultTable, SortedByModelThenBoard) {
  const std::string text = result_table({good_run("vww"), good_run("ad")});
  EXPECT_LT(text.find("ad "), text.find("vww"));
}

TEST(ResultTable, ModelInRamCostsNoFlash) {
  v1::Run run = good_run();
  run.mutable_result()->mutable_provenance()->set_placement("ram");
  EXPECT_TRUE(contains(result_table({run}), "40 KiB"));
}

TEST(ResultTable, InvalidAndFailedOnesSaySo) {
  v1::Run invalid = good_run();
  invalid.mutable_result()->set_validity(v1::VALIDITY_INVALID);
  invalid.mutable_result()->add_invalid_reasons("an interrupt ran");
  invalid.mutable_summary()->set_outcome(v1::OUTCOME_INCONCLUSIVE);
  invalid.mutable_summary()->set_reason("INTERRUPTS_RAN");
  invalid.mutable_summary()->set_message("3 interrupts");
  const std::string text = result_table({invalid});
  EXPECT_TRUE(contains(text, "2,411,092 INVALID")) << text;
  EXPECT_TRUE(contains(text, "inconclusive INTERRUPTS_RAN")) << text;
  v1::Job job;
  v1::SkippedCell& cell = *job.add_skipped_cells();
  cell.set_model_name("vww");
  cell.set_board_type("microbit");
  cell.set_reason("MODEL_TOO_LARGE_FOR_RAM");
  cell.set_missing_bytes(2048);
  EXPECT_EQ(result_notes(job, {invalid}),
            "kws on mps2-an386: inconclusive: 3 interrupts\n  an interrupt ran\n"
            "vww on microbit skipped: MODEL_TOO_LARGE_FOR_RAM, 2 KiB missing\n");
  EXPECT_EQ(result_notes(v1::Job(), {good_run()}), "");
}

TEST(RunText, QueuedRunHasNoNumbers) {
  v1::Run run;
  run.mutable_summary()->set_run_id("r-2");
  run.mutable_summary()->set_state(v1::RUN_STATE_QUEUED);
  const std::string text = run_text(run);
  EXPECT_TRUE(contains(text, "state         queued")) << text;
  EXPECT_FALSE(contains(text, "latency")) << text;
}

TEST(RunText, WholeRun) {
  v1::Run run = good_run();
  v1::RunResult& result = *run.mutable_result();
  v1::OperatorProfile& op = *result.mutable_profile()->add_operators();
  op.set_kind("CONV_2D");
  op.set_shape("1x49x10x1 -> 1x25x5x64");
  op.set_macs(320'000);
  op.set_ticks(640'000);
  op.set_share(0.25);
  result.mutable_profile()->set_iterations(5);
  result.mutable_profile()->set_overhead_ratio(0.001);
  result.mutable_provenance()->set_interrupts_masked(true);
  result.mutable_provenance()->set_interrupts(0);
  const std::string text = run_text(run);
  for (const char* part :
       {"interrupts    masked while measuring, none ran", "numbers       valid", "outputs       8/8 inputs agree",
        "latency in instructions (emulated)", "95 % interval unknown over 3 sessions",
        "profile in instructions (emulated), mean of 5 iterations", "CONV_2D", "640,000", "25.0 %",
        "60 KiB in flash_slot", "unknown (weak identity)"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  result.mutable_verification()->set_inputs_matched(7);
  result.mutable_verification()->set_first_wrong_operator(4);
  EXPECT_TRUE(contains(run_text(run), "first wrong   operator 4"));
}

TEST(LeaderboardText, GroupsSayWhatTheyCompare) {
  v1::QueryLeaderboardResponse response;
  EXPECT_TRUE(contains(leaderboard_text(response), "no results yet"));
  v1::LeaderboardGroup& group = *response.add_groups();
  group.set_model_name("kws");
  group.set_emulated(true);
  group.set_tick_unit(v1::TICK_UNIT_INSTRUCTIONS);
  group.set_comparability("emulated: instructions, not time");
  v1::LeaderboardEntry& entry = *group.add_entries();
  entry.set_rank(1);
  entry.set_board_type("mps2-an386");
  entry.set_latency_median_ticks(2'411'092);
  entry.set_macs(1'000'000);
  entry.set_verified(true);
  const std::string text = leaderboard_text(response);
  EXPECT_TRUE(contains(text, "in instructions (emulated); emulated: instructions, not time")) << text;
  EXPECT_TRUE(contains(text, "2,411,092")) << text;
  EXPECT_TRUE(contains(text, "  2.4  ")) << text;
}

}  // namespace
}  // namespace tinyrig::client
