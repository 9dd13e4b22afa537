#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using namespace testing_support;
using testing::ElementsAre;

class LeaderboardTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_sqlite_store(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    for (const v1::Model& model : {kws_, vww_}) {
      ASSERT_TRUE(
          wait_for_answer<PutModelResult>([&](auto done) { store_->put_model(model, "x", std::move(done)); }).ok());
    }
  }

  /// A finished run with this result.
  std::string add(const v1::Model& model, const std::string& board_type, const v1::RunResult& result,
                  std::uint32_t seed = 1, v1::Outcome outcome = v1::OUTCOME_SUCCEEDED,
                  const std::string& runtime = "tinyrig") {
    const std::string id = std::to_string(++runs_);
    ScheduledRun run = test_run("r-" + id, board_type, model);
    run.run.mutable_summary()->set_runtime(runtime);
    NewJob job = test_job("j-" + id, {run});
    job.job.mutable_spec()->mutable_settings()->set_input_seed(seed);
    store_->accept_job(job, nullptr);
    AttemptEnd end = success_end("r-" + id, test_attempt(1, "board-" + board_type), 0);
    end.result = result;
    end.run_outcome = outcome;
    if (outcome != v1::OUTCOME_SUCCEEDED) end.run_reason = "OUTPUTS_DIFFER";
    const auto ended = wait_for_answer<AttemptEndResult>([&](auto done) { store_->end_attempt(end, std::move(done)); });
    EXPECT_TRUE(ended.ok()) << ended.status();
    return "r-" + id;
  }

  v1::QueryLeaderboardResponse query(const v1::QueryLeaderboardRequest& request = {}) {
    const auto response = store_->leaderboard(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return *response;
  }

  static v1::RunResult clock_result(double median_ticks, std::uint64_t ticks_per_second) {
    v1::RunResult result = test_result(median_ticks);
    result.mutable_provenance()->set_emulated(false);
    result.mutable_provenance()->set_timing_source(v1::TIMING_SOURCE_HARDWARE_CLOCK);
    result.mutable_provenance()->set_tick_unit(v1::TICK_UNIT_CYCLES);
    result.mutable_provenance()->set_ticks_per_second(ticks_per_second);
    result.mutable_latency()->set_median_us(median_ticks * 1e6 / static_cast<double>(ticks_per_second));
    return result;
  }

  static std::vector<std::string> runs_of(const v1::LeaderboardGroup& group) {
    std::vector<std::string> ids;
    for (const v1::LeaderboardEntry& entry : group.entries()) ids.push_back(entry.run_id());
    return ids;
  }
  static std::vector<std::uint32_t> ranks_of(const v1::LeaderboardGroup& group) {
    std::vector<std::uint32_t> ranks;
    for (const v1::LeaderboardEntry& entry : group.entries()) ranks.push_back(entry.rank());
    return ranks;
  }

  const v1::Model kws_ = test_model("kws", 'a');
  const v1::Model vww_ = test_model("vww", 'b');
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  int runs_ = 0;
};

TEST_F(LeaderboardTest, KeepsTheBestOfEachCellAndRanks) {
  add(kws_, "an386", test_result(300));
  const std::string best_386 = add(kws_, "an386", test_result(200));
  add(kws_, "an386", test_result(250));
  const std::string best_500 = add(kws_, "an500", test_result(150));
  const auto response = query();
  ASSERT_EQ(response.groups_size(), 1);
  const v1::LeaderboardGroup& group = response.groups(0);
  EXPECT_EQ(group.model_name(), "kws");
  EXPECT_TRUE(group.emulated());
  EXPECT_EQ(group.timing_source(), v1::TIMING_SOURCE_INSTRUCTION_COUNT);
  EXPECT_EQ(group.tick_unit(), v1::TICK_UNIT_INSTRUCTIONS);
  EXPECT_THAT(runs_of(group), ElementsAre(best_500, best_386));
  EXPECT_THAT(ranks_of(group), ElementsAre(1, 2));
  const v1::LeaderboardEntry& entry = group.entries(1);
  EXPECT_EQ(entry.latency_median_ticks(), 200);
  EXPECT_EQ(entry.macs(), kws_.macs());
  EXPECT_EQ(entry.core(), "cortex-m4");
  EXPECT_EQ(entry.board_id(), "board-an386");
  EXPECT_EQ(entry.sample_count(), 30u);
}

TEST_F(LeaderboardTest, LeavesOutWhatCannotBeTrusted) {
  v1::RunResult invalid = test_result(1);
  invalid.set_validity(v1::VALIDITY_INVALID);
  add(kws_, "an386", invalid);
  v1::RunResult unmeasured = test_result(1);
  unmeasured.clear_latency();
  add(kws_, "an386", unmeasured);
  add(kws_, "an386", test_result(1), 1, v1::OUTCOME_INCONCLUSIVE);
  EXPECT_EQ(query().groups_size(), 0);
}

TEST_F(LeaderboardTest, NeverMixesWhatDoesNotCompare) {
  add(kws_, "an386", test_result(100), /*seed=*/1);
  add(kws_, "an386", test_result(100), /*seed=*/2);
  add(kws_, "nucleo-f4", clock_result(100, 1'000'000));
  add(vww_, "an386", test_result(100));
  const auto response = query();
  ASSERT_EQ(response.groups_size(), 4);
  for (const v1::LeaderboardGroup& group : response.groups()) EXPECT_EQ(group.entries_size(), 1);
  EXPECT_FALSE(response.groups(0).emulated());
  EXPECT_NE(response.groups(1).comparability(), response.groups(2).comparability());
}

TEST_F(LeaderboardTest, RanksClocksByTimeNotByTicks) {
  // 1000 cycles at 100 MHz are 10 us, 500 cycles at 10 MHz are 50 us.
  const std::string fast = add(kws_, "fast-board", clock_result(1'000, 100'000'000));
  const std::string slow = add(kws_, "slow-board", clock_result(500, 10'000'000));
  const auto response = query();
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_THAT(runs_of(response.groups(0)), ElementsAre(fast, slow));
  EXPECT_THAT(ranks_of(response.groups(0)), ElementsAre(1, 2));
}

TEST_F(LeaderboardTest, OverlappingAndUnknownIntervalsShareARank) {
  v1::RunResult wide = test_result(100);
  wide.mutable_latency()->mutable_median_interval_ticks()->set_high(120);
  v1::RunResult within = test_result(110);
  v1::RunResult unknown = test_result(115);
  unknown.mutable_latency()->clear_median_interval_ticks();
  add(kws_, "a", wide);
  add(kws_, "b", within);
  add(kws_, "c", unknown);
  add(kws_, "d", test_result(500));
  EXPECT_THAT(ranks_of(query().groups(0)), ElementsAre(1, 1, 1, 4));
}

TEST_F(LeaderboardTest, FiltersKeepTheRanksOfTheWholeGroup) {
  add(kws_, "a", test_result(100));
  const std::string second = add(kws_, "b", test_result(200));
  add(vww_, "b", test_result(5), 1, v1::OUTCOME_SUCCEEDED, "tflm");
  v1::QueryLeaderboardRequest request;
  request.set_board_type("b");
  request.set_model("kws");
  auto response = query(request);
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_THAT(runs_of(response.groups(0)), ElementsAre(second));
  EXPECT_THAT(ranks_of(response.groups(0)), ElementsAre(2));
  request.Clear();
  request.set_runtime("tflm");
  EXPECT_EQ(query(request).groups(0).model_name(), "vww");
  request.set_model(std::string(64, 'b'));
  EXPECT_EQ(query(request).groups_size(), 1);
  request.set_model("nothing");
  EXPECT_EQ(reason_of(store_->leaderboard(request).status()), "MODEL_UNKNOWN");
}

TEST_F(LeaderboardTest, PagesKeepGroupsWhole) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    add(kws_, "a", test_result(100), seed);
    add(kws_, "b", test_result(200), seed);
  }
  v1::QueryLeaderboardRequest request;
  request.set_page_size(1);
  std::vector<std::string> groups;
  do {
    const auto response = query(request);
    ASSERT_EQ(response.groups_size(), 1);
    EXPECT_EQ(response.groups(0).entries_size(), 2);
    groups.push_back(response.groups(0).comparability());
    request.set_page_token(response.next_page_token());
    ASSERT_LE(groups.size(), 3u);
  } while (!request.page_token().empty());
  EXPECT_EQ(groups.size(), 3u);
  EXPECT_NE(groups[0], groups[1]);
  request.set_page_size(100);
  EXPECT_EQ(query(request).groups_size(), 3);
  for (const std::string bad : {"zz", "00", "6", "1f1f1f1f1f"}) {
    request.set_page_token(bad);
    EXPECT_EQ(reason_of(store_->leaderboard(request).status()), "PAGE_TOKEN_INVALID") << bad;
  }
}

TEST_F(LeaderboardTest, RebuildingGivesTheSame) {
  add(kws_, "a", test_result(300));
  add(kws_, "a", test_result(200));
  add(vww_, "b", test_result(100), 7);
  const std::string before = query().SerializeAsString();
  ASSERT_TRUE(wait_for([&](Done done) { store_->rebuild_leaderboard(std::move(done)); }).ok());
  EXPECT_EQ(query().SerializeAsString(), before);
  EXPECT_EQ(query().groups_size(), 2);
}

TEST_F(LeaderboardTest, AddsUpMemoryByPlacement) {
  v1::RunResult result = test_result(100);
  v1::MemoryResult& memory = *result.mutable_memory();
  memory.set_arena_used_bytes(1'000);
  memory.set_static_ram_bytes(200);
  memory.set_stack_high_water_bytes(30);
  memory.set_packed_model_bytes(5'000);
  memory.set_agent_flash_bytes(40'000);
  result.mutable_provenance()->set_placement("ram");
  add(kws_, "in-ram", result);
  result.mutable_provenance()->set_placement("flash_slot");
  add(kws_, "in-flash", result);
  const auto response = query();
  for (const v1::LeaderboardEntry& entry : response.groups(0).entries()) {
    const bool in_ram = entry.board_type() == "in-ram";
    EXPECT_EQ(entry.arena_bytes(), 1'000u);
    EXPECT_EQ(entry.ram_bytes(), in_ram ? 6'230u : 1'230u);
    EXPECT_EQ(entry.flash_bytes(), in_ram ? 40'000u : 45'000u);
  }
}

}  // namespace
}  // namespace tinyrig::store
