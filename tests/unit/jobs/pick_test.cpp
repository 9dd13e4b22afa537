#include "server/jobs/pick.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tinyrig::jobs {
namespace {

using testing::ElementsAre;

class PickTest : public testing::Test {
 protected:
  void add(std::uint64_t job, const std::string& run_id, std::vector<std::string> avoid = {},
           const std::string& pinned = "", const std::string& label = "", const std::string& type = "t",
           const std::string& runtime = "") {
    waiting_.add({run_id, job, ++order_, type, pinned, label, runtime, std::move(avoid)});
  }
  // Names may come again: the run's id has a number after '#', which pick() leaves out.
  void add_of(const std::string& owner, std::uint64_t job, const std::string& name, std::uint64_t cost = 1,
              const std::string& label = "") {
    ++order_;
    waiting_.add({name + "#" + std::to_string(order_), job, order_, "t", "", label, "", {}, owner, cost});
  }
  std::string pick(const BoardView& board) {
    const std::string run_id = waiting_.pick(board).value_or("-");
    return run_id.substr(0, run_id.find('#'));
  }
  std::vector<std::string> pick_all(const BoardView& board) {
    std::vector<std::string> picked;
    for (std::string name = pick(board); name != "-"; name = pick(board)) picked.push_back(name);
    return picked;
  }

  const BoardView a_{"a", "t", {}};
  const BoardView b_{"b", "t", {"fast"}};
  WaitingRuns waiting_;
  std::uint64_t order_ = 0;
};

TEST_F(PickTest, NothingWaits) { EXPECT_EQ(pick(a_), "-"); }

TEST_F(PickTest, OneJobInOrder) {
  for (const char* id : {"1", "2", "3"}) add(1, id);
  EXPECT_EQ(waiting_.size(), 3u);
  EXPECT_THAT(pick_all(a_), ElementsAre("1", "2", "3"));
  EXPECT_EQ(waiting_.size(), 0u);
}

TEST_F(PickTest, JobsTakeTurnsOlderFirst) {
  for (const char* id : {"1a", "1b", "1c"}) add(1, id);
  for (const char* id : {"2a", "2b"}) add(2, id);
  EXPECT_THAT(pick_all(a_), ElementsAre("1a", "2a", "1b", "2b", "1c"));
}

TEST_F(PickTest, ALateJobNeitherWaitsForAllNorOvertakesForLong) {
  for (int i = 0; i < 10; ++i) add(1, "1-" + std::to_string(i));
  for (int i = 0; i < 5; ++i) pick(a_);
  for (int i = 0; i < 3; ++i) add(2, "2-" + std::to_string(i));
  EXPECT_EQ(pick(a_), "1-5") << "the older of equals";
  EXPECT_EQ(pick(a_), "2-0");
  EXPECT_EQ(pick(a_), "1-6");
  EXPECT_EQ(pick(a_), "2-1");
}

TEST_F(PickTest, AStreamOfNewJobsDoesNotHoldUpAnOldOne) {
  for (int i = 0; i < 10; ++i) add_of("", 1, "old");
  int old_runs = 0;
  for (std::uint64_t job = 2; job < 7; ++job) {
    add_of("", job, "new");
    for (int i = 0; i < 2; ++i) {
      if (pick(a_) == "old") ++old_runs;
    }
  }
  EXPECT_EQ(old_runs, 5);
}

TEST_F(PickTest, OwnersTakeTurnsHoweverManyJobsEachHas) {
  for (std::uint64_t job = 1; job <= 6; ++job) add_of("ann", job, "ann" + std::to_string(job));
  for (const char* id : {"bob1", "bob2", "bob3"}) add_of("bob", 7, id);
  EXPECT_THAT(pick_all(a_), ElementsAre("ann1", "bob1", "ann2", "bob2", "ann3", "bob3", "ann4", "ann5", "ann6"));
}

TEST_F(PickTest, AnOwnerWhoSubmitsOneByOneDoesNotHoldUpAnother) {
  for (int i = 0; i < 10; ++i) add_of("ann", 1, "ann");
  int anns = 0;
  for (std::uint64_t job = 2; job < 12; ++job) {
    add_of("bob", job, "bob");
    if (pick(a_) == "ann") ++anns;
  }
  EXPECT_EQ(anns, 5);
}

TEST_F(PickTest, PrioritiesShareWhatTheirOwnerGets) {
  for (int i = 0; i < 90; ++i) add_of("ann", 1, "normal", 8);
  for (int i = 0; i < 90; ++i) add_of("ann", 2, "high", 1);
  for (int i = 0; i < 90; ++i) add_of("bob", 3, "bob", 8);
  std::map<std::string, int> runs;
  for (int i = 0; i < 36; ++i) ++runs[pick(a_)];
  EXPECT_EQ(runs["bob"], 18) << "another's priorities are nothing to him";
  EXPECT_EQ(runs["high"], 16);
  EXPECT_EQ(runs["normal"], 2);
}

TEST_F(PickTest, ALowPriorityIsServedInTheEnd) {
  add_of("ann", 1, "low", 64);
  std::string picked;
  int others = 0;
  for (std::uint64_t job = 2; picked != "low"; ++job) {
    ASSERT_LE(others, 64);
    for (int i = 0; i < 2; ++i) add_of("ann", job, "high", 1);
    picked = pick(a_);
    if (picked == "high") ++others;
  }
  EXPECT_EQ(others, 63);
}

TEST_F(PickTest, WhoIsNewAtABoardDoesNotWaitForWhatOthersGotElsewhere) {
  const BoardView fast{"x", "t", {"fast"}}, slow{"y", "t", {"slow"}};
  for (int i = 0; i < 100; ++i) add_of("ann", 1, "ann", 1, "fast");
  for (int i = 0; i < 100; ++i) add_of("bob", 2, "bob", 1, "slow");
  for (int i = 0; i < 90; ++i) EXPECT_EQ(pick(fast), "ann");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pick(slow), "bob");
  add_of("cid", 3, "cid", 1, "slow");
  EXPECT_EQ(pick(slow), "bob");
  EXPECT_EQ(pick(slow), "bob") << "the older of equals";
  EXPECT_EQ(pick(slow), "cid");
}

TEST_F(PickTest, WaitingForABoardThatIsAwayIsNoClaimOnOthers) {
  add_of("bob", 1, "bob-away", 1, "away");
  for (int i = 0; i < 100; ++i) add_of("ann", 2, "ann");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pick(a_), "ann");
  for (int i = 0; i < 50; ++i) add_of("bob", 3, "bob");
  std::map<std::string, int> runs;
  for (int i = 0; i < 20; ++i) ++runs[pick(a_)];
  EXPECT_EQ(runs["ann"], 10);
  EXPECT_EQ(runs["bob"], 10);
  EXPECT_EQ(pick({"z", "t", {"away"}}), "bob-away");
}

TEST_F(PickTest, MoreNewJobsThanBoardsCanServeDoNotHoldUpAnOldOne) {
  for (int i = 0; i < 3; ++i) add_of("ann", 1, "old");
  std::vector<int> waited;  // runs of others before each of the old job's
  int others = 0;
  for (std::uint64_t job = 2; waited.size() < 3; ++job) {
    ASSERT_LT(job, 100U);
    for (int i = 0; i < 2; ++i) add_of("ann", 2 * job + static_cast<std::uint64_t>(i), "new");
    if (pick(a_) == "old") {
      waited.push_back(others);
      others = 0;
    } else {
      ++others;
    }
  }
  // Two come while one is served, so each round is longer than the one before: but it ends.
  EXPECT_THAT(waited, ElementsAre(0, 2, 6));
}

TEST_F(PickTest, OwnersTakeTurnsAcrossConditions) {
  for (const char* id : {"ann1", "ann2"}) add_of("ann", 1, id, 1, "fast");
  for (const char* id : {"ann3", "ann4"}) add_of("ann", 2, id);
  for (const char* id : {"bob1", "bob2"}) add_of("bob", 3, id);
  EXPECT_EQ(pick(a_), "ann3") << "a lacks the label";
  EXPECT_EQ(pick(b_), "bob1") << "ann's turn counts in both places";
  EXPECT_THAT(pick_all(b_), ElementsAre("ann1", "bob2", "ann2", "ann4"));
}

TEST_F(PickTest, OnlyTheBoardsType) {
  add(1, "other", {}, "", "", "u");
  EXPECT_EQ(pick(a_), "-");
  EXPECT_EQ(pick({"c", "u", {}}), "other");
}

TEST_F(PickTest, APinnedRunWaitsForItsBoard) {
  add(1, "pinned", {}, "b");
  EXPECT_EQ(pick(a_), "-");
  EXPECT_EQ(pick(b_), "pinned");
}

TEST_F(PickTest, ALabelMustBeThere) {
  add(1, "labelled", {}, "", "fast");
  EXPECT_EQ(pick(a_), "-");
  EXPECT_EQ(pick(b_), "labelled");
}

TEST_F(PickTest, OneJobsRunsOfSeveralConditionsKeepTheirOrder) {
  add(1, "1");
  add(1, "2", {}, "b");
  add(1, "3", {}, "", "fast");
  add(1, "4");
  EXPECT_THAT(pick_all(b_), ElementsAre("1", "2", "3", "4"));
}

TEST_F(PickTest, AFailedRunGoesToAnotherBoardWhenThereIsOne) {
  waiting_.set_usable(a_);
  waiting_.set_usable(b_);
  add(1, "failed", {"a"});
  EXPECT_EQ(pick(a_), "-");
  EXPECT_EQ(pick(b_), "failed");
}

TEST_F(PickTest, AFailedRunComesBackWhenNoOtherBoardIsUsable) {
  waiting_.set_usable(a_);
  waiting_.set_usable(b_);
  add(1, "failed", {"a"});
  EXPECT_EQ(pick(a_), "-");
  waiting_.set_unusable("b");
  EXPECT_EQ(pick(a_), "failed");
}

TEST_F(PickTest, ABoardWithoutTheLabelIsNoOtherBoard) {
  waiting_.set_usable(a_);
  waiting_.set_usable(b_);
  add(1, "failed", {"b"}, "", "fast");
  EXPECT_EQ(pick(a_), "-");
  EXPECT_EQ(pick(b_), "failed");
}

TEST_F(PickTest, ARunThatFailedEverywhereGoesAnywhere) {
  waiting_.set_usable(a_);
  waiting_.set_usable(b_);
  add(1, "failed", {"a", "b"});
  EXPECT_EQ(pick(a_), "failed");
}

TEST_F(PickTest, APinnedRunComesBackToItsBoard) {
  waiting_.set_usable(a_);
  waiting_.set_usable(b_);
  add(1, "failed", {"a"}, "a");
  EXPECT_EQ(pick(a_), "failed");
}

TEST_F(PickTest, ARunIsLeftToBoardsThatCarryItsRuntime) {
  const BoardView ours{"ours", "t", {}, {"tinyrig", "portable"}};
  const BoardView vendors{"vendors", "t", {}, {"tflm"}};
  waiting_.know(vendors);  // offline so far
  add(1, "1", {}, "", "", "t", "tflm");
  add(1, "2", {}, "", "", "t", "portable");
  EXPECT_EQ(pick(ours), "2");
  EXPECT_EQ(pick(ours), "-");
  EXPECT_EQ(pick(vendors), "1");
}

TEST_F(PickTest, ARunIsLeftToABoardThatHasNotSaidYetWhatItCarries) {
  const BoardView ours{"ours", "t", {}, {"tinyrig"}};
  waiting_.know({"new", "t", {}});
  add(1, "1", {}, "", "", "t", "tflm");
  EXPECT_EQ(pick(ours), "-");
  waiting_.know({"new", "t", {}, {"portable"}});
  EXPECT_EQ(pick(ours), "1") << "nobody carries it: any board ends it";
}

TEST_F(PickTest, ABoardThatFailedARunIsNotSparedForOneWithoutItsRuntime) {
  const BoardView ours{"ours", "t", {}, {"tinyrig"}};
  waiting_.set_usable(ours);
  waiting_.set_usable({"vendors", "t", {}, {"tflm"}});
  add(1, "failed", {"ours"}, "", "", "t", "tinyrig");
  EXPECT_EQ(pick(ours), "failed");
}

// Energy, that is: a run that asks for it waits for a board with an instrument, unless no board of its kind has one;
// then any ends it as an error.
TEST_F(PickTest, ARunThatNeedsAnInstrumentWaitsForABoardWithOne) {
  const BoardView bare{"bare", "t", {}};
  BoardView wired{"wired", "t", {}};
  wired.has_instrument = true;
  waiting_.set_usable(bare);
  WaitingRun run{"energy", 1, 1, "t", "", "", "", {}};
  run.needs_instrument = true;
  waiting_.add(run);
  waiting_.know(wired);
  EXPECT_EQ(pick(bare), "-");
  EXPECT_EQ(pick(wired), "energy");
}

TEST_F(PickTest, WhereNoBoardHasAnInstrumentAnyGetsTheRun) {
  const BoardView bare{"bare", "t", {}};
  waiting_.set_usable(bare);
  WaitingRun run{"energy", 1, 1, "t", "", "", "", {}};
  run.needs_instrument = true;
  waiting_.add(run);
  EXPECT_EQ(pick(bare), "energy");
}

TEST_F(PickTest, RemovedRunsAreGone) {
  add(1, "1");
  add(1, "2");
  add(2, "3");
  EXPECT_TRUE(waiting_.remove("1"));
  EXPECT_FALSE(waiting_.remove("1"));
  EXPECT_TRUE(waiting_.remove("3"));
  EXPECT_THAT(pick_all(a_), ElementsAre("2"));
}

TEST_F(PickTest, EveryRunIsPickedOnceByABoardThatItSuits) {
  constexpr std::uint32_t kSeed = 42;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const std::vector<BoardView> boards = {{"a", "t", {}}, {"b", "t", {"fast"}}, {"c", "u", {"fast"}}, {"d", "u", {}}};
  for (const BoardView& board : boards) waiting_.set_usable(board);
  std::map<std::string, WaitingRun> expected;
  for (int i = 0; i < 3'000; ++i) {
    WaitingRun run;
    run.run_id = std::to_string(i);
    run.job_order = random() % 40;
    run.run_order = static_cast<std::uint64_t>(i);
    const BoardView& target = boards[random() % boards.size()];
    run.board_type = target.type;
    if (random() % 4 == 0) run.pinned_board_id = target.id;
    if (random() % 4 == 0 && !target.labels.empty()) run.required_label = "fast";
    if (random() % 4 == 0) run.avoid_board_ids = {boards[random() % boards.size()].id};
    waiting_.add(run);
    expected[run.run_id] = run;
    if (random() % 10 == 0) {
      const std::string victim = std::to_string(random() % static_cast<std::uint32_t>(i + 1));
      EXPECT_EQ(waiting_.remove(victim), expected.erase(victim) == 1);
    }
  }
  int idle = 0;
  while (idle < 40) {
    const BoardView& board = boards[random() % boards.size()];
    const auto picked = waiting_.pick(board);
    if (!picked.has_value()) {
      ++idle;
      continue;
    }
    idle = 0;
    const auto run = expected.find(*picked);
    ASSERT_NE(run, expected.end()) << *picked << " was picked twice, or was removed";
    EXPECT_EQ(run->second.board_type, board.type);
    EXPECT_TRUE(run->second.pinned_board_id.empty() || run->second.pinned_board_id == board.id);
    EXPECT_TRUE(run->second.required_label.empty() || !board.labels.empty());
    expected.erase(run);
  }
  EXPECT_TRUE(expected.empty()) << expected.size() << " never picked, first " << expected.begin()->first;
  EXPECT_EQ(waiting_.size(), 0u);
}

TEST_F(PickTest, PickingFromAHundredThousandIsNoScan) {
  // A scan would touch 100,000 runs 100,000 times: minutes. The bound is far from what it takes (0.2 s).
  constexpr int kRuns = 100'000;
  for (int i = 0; i < kRuns; ++i) add(static_cast<std::uint64_t>(i % 1'000), std::to_string(i));
  int picked = 0;
  while (waiting_.pick(a_).has_value()) ++picked;
  EXPECT_EQ(picked, kRuns);
}

}  // namespace
}  // namespace tinyrig::jobs
