#include "tests/bench/farm/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "server/store/sqlite.h"

namespace tinyrig::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// A store as far as the audit looks at it.
class AuditTest : public ::testing::Test {
 protected:
  AuditTest() {
    std::string pattern = ::testing::TempDir() + "/audit.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    database_ = *store::Connection::open(folder_ / "tinyrig.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    run("CREATE TABLE jobs (number INTEGER PRIMARY KEY, job_id TEXT, outcome TEXT)");
    run("CREATE TABLE runs (number INTEGER PRIMARY KEY, job_number INTEGER, outcome TEXT, reason TEXT)");
    run("CREATE TABLE attempts (run_number INTEGER, number INTEGER, board_id TEXT, start_time_us INTEGER, "
        "finish_time_us INTEGER, outcome TEXT, reason TEXT, counts_as_failure INTEGER)");
    run("CREATE TABLE results (run_number INTEGER PRIMARY KEY)");
    run("INSERT INTO results VALUES (1), (2)");
    add_job(1, "'succeeded'");
    add_job(2, "'succeeded'");
    add_attempt(1, 1, "board_error", 1);
    add_attempt(1, 2, "succeeded", 0);
    add_attempt(2, 1, "succeeded", 0);
  }
  ~AuditTest() override {
    database_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  void run(const std::string& sql) { ASSERT_TRUE(database_->run_script(sql).ok()) << sql; }
  // With one run of the same number.
  void add_job(int number, const std::string& outcome) {
    const std::string n = std::to_string(number);
    run("INSERT INTO jobs VALUES (" + n + ", 'j-" + n + "', " + outcome + ")");
    run("INSERT INTO runs VALUES (" + n + ", " + n + ", " + outcome + ", '')");
  }
  void add_attempt(int run_number, int number, const std::string& outcome, int counts_as_failure) {
    const std::string times = std::to_string(number * 100) + ", " + std::to_string(number * 100 + 50);
    run("INSERT INTO attempts VALUES (" + std::to_string(run_number) + ", " + std::to_string(number) + ", 'board', " +
        times + ", '" + outcome + "', '', " + std::to_string(counts_as_failure) + ")");
  }
  Accounts accounts(const std::vector<std::string>& accepted = {"j-1", "j-2"}) const {
    return audit(folder_, accepted);
  }

  std::filesystem::path folder_;
  std::unique_ptr<store::Connection> database_;
};

TEST_F(AuditTest, AWholeQueueIsWhole) {
  const Accounts all = accounts();
  EXPECT_EQ(all.lost, 0U);
  EXPECT_EQ(all.doubled, 0U);
  EXPECT_EQ(all.uninvited, 0U);
  EXPECT_EQ(all.unfinished, 0U);
  EXPECT_EQ(all.attempts, 3U) << "the one that failed is an attempt, and no second end";
  EXPECT_THAT(all.outcomes, ElementsAre(Pair("succeeded", 2U)));
  EXPECT_EQ(unfinished_jobs(folder_), 0);
}

TEST_F(AuditTest, FindsAJobThatIsNotThere) {
  EXPECT_EQ(accounts({"j-1", "j-2", "j-3"}).lost, 1U);
  run("DELETE FROM runs WHERE number = 2");
  EXPECT_EQ(accounts().lost, 1U) << "a job without its run";
}

TEST_F(AuditTest, FindsAResultThatIsNotThere) {
  run("DELETE FROM results WHERE run_number = 2");
  EXPECT_EQ(accounts().lost, 1U);
  run("UPDATE runs SET outcome = 'board_error' WHERE number = 2");
  EXPECT_EQ(accounts().lost, 0U) << "a failed run has none";
}

TEST_F(AuditTest, FindsWhatIsThereTwice) {
  EXPECT_EQ(accounts({"j-1", "j-2", "j-2"}).doubled, 1U) << "two submissions, one job";
  run("INSERT INTO runs VALUES (3, 2, 'board_error', '')");
  EXPECT_EQ(accounts().doubled, 1U) << "a job with two runs";
  run("DELETE FROM runs WHERE number = 3");
  add_attempt(2, 2, "succeeded", 0);
  EXPECT_EQ(accounts().doubled, 1U) << "a run that ended twice";
}

TEST_F(AuditTest, FindsAJobThatNobodySubmitted) { EXPECT_EQ(accounts({"j-1"}).uninvited, 1U); }

TEST_F(AuditTest, FindsAJobWithoutAnEnd) {
  add_job(3, "NULL");
  EXPECT_EQ(accounts({"j-1", "j-2", "j-3"}).unfinished, 1U);
  EXPECT_EQ(unfinished_jobs(folder_), 1);
}

TEST_F(AuditTest, TellsAttemptsOfABoardInOrder) {
  const auto boards = attempts_of_boards(folder_);
  ASSERT_EQ(boards.at("board").size(), 3U);
  EXPECT_EQ(std::count_if(boards.at("board").begin(), boards.at("board").end(),
                          [](const Attempt& attempt) { return attempt.worked; }),
            2);
  EXPECT_EQ(boards.at("board").back().start_us, 200);
  EXPECT_EQ(full_queue(folder_, 7).end_us, 100) << "the second attempt's run had been taken before";
}

}  // namespace
}  // namespace tinyrig::bench
