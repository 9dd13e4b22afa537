// kill -9 at random moments: every job and result that was acknowledged is there afterwards, once, and what
// was accepted can be run to its end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/store/sqlite.h"
#include "tests/support/store/queue_farm.h"

namespace tinyrig {
namespace {

using namespace testing_support;

constexpr int kRounds = 40;

struct Acknowledged {
  struct Job {
    std::string job_id;
    int runs = 0;
  };
  std::map<std::string, Job> jobs;           // by idempotency key
  std::map<std::string, long long> results;  // run -> median of the success that was acknowledged
  std::size_t lines = 0;
};

/// A child whose standard output we read.
class Child {
 public:
  Child(const std::filesystem::path& dir, int round, std::uint32_t seed) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      const std::string round_text = std::to_string(round);
      const std::string seed_text = std::to_string(seed);
      execl(TINYRIG_KILL_CHILD, TINYRIG_KILL_CHILD, dir.c_str(), round_text.c_str(), seed_text.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Child() {
    if (output_ != nullptr) fclose(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// False at the end of the output.
  bool read_line(std::string* line) {
    line->clear();
    int c = 0;
    while ((c = fgetc(output_)) != EOF && c != '\n') line->push_back(static_cast<char>(c));
    return c == '\n';
  }

  void kill_hard() { kill(pid_, SIGKILL); }

  /// How it ended, as waitpid() says.
  int wait_for_end() {
    int status = 0;
    waitpid(pid_, &status, 0);
    return status;
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

void take_note(const std::string& line, Acknowledged* noted) {
  ++noted->lines;
  std::istringstream words(line);
  std::string kind;
  words >> kind;
  if (kind == "job") {
    std::string key;
    Acknowledged::Job job;
    words >> key >> job.job_id >> job.runs;
    const auto [known, is_new] = noted->jobs.emplace(key, job);
    EXPECT_EQ(known->second.job_id, job.job_id) << "the same key gave two jobs: " << key;
  } else if (kind == "end") {
    std::string run_id;
    int outcome = 0;
    long long median = 0;
    words >> run_id >> outcome >> median;
    if (outcome != v1::OUTCOME_SUCCEEDED) return;
    const auto [known, is_new] = noted->results.emplace(run_id, median);
    EXPECT_TRUE(is_new) << run_id << " succeeded twice: " << known->second << " and " << median;
  } else {
    ADD_FAILURE() << "the child said: " << line;
  }
}

// Lets the child say some lines, kills it, and notes what it still said: that was acknowledged too.
void run_round(const std::filesystem::path& dir, int round, std::mt19937* random, Acknowledged* noted) {
  Child child(dir, round, static_cast<std::uint32_t>((*random)()));
  const std::size_t lines_to_live = (*random)() % 40;
  std::string line;
  for (std::size_t i = 0; i < lines_to_live && child.read_line(&line); ++i) take_note(line, noted);
  child.kill_hard();
  while (child.read_line(&line)) take_note(line, noted);
  const int status = child.wait_for_end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "round " << round << ": status " << status;
}

std::int64_t count(store::Connection& database, const std::string& sql) {
  store::Statement statement = database.query(sql);
  EXPECT_TRUE(statement.next()) << statement.status();
  return statement.integer(0);
}

void check_acknowledged(QueueFarm& farm, const Acknowledged& noted) {
  for (const auto& [key, job] : noted.jobs) {
    const auto submission = farm.store().find_submission(key);
    ASSERT_TRUE(submission.ok() && submission->has_value()) << "job lost: " << key;
    EXPECT_EQ((*submission)->job_id, job.job_id);
    EXPECT_EQ(farm.store().job(job.job_id)->runs_size(), job.runs);
  }
  for (const auto& [run_id, median] : noted.results) {
    const auto run = farm.store().run(run_id);
    ASSERT_TRUE(run.ok()) << "run lost: " << run_id;
    EXPECT_EQ(run->summary().outcome(), v1::OUTCOME_SUCCEEDED) << run_id;
    EXPECT_EQ(static_cast<long long>(run->result().latency().median_ticks()), median) << run_id;
    EXPECT_EQ(farm.store().samples(run_id)->size(), 1u) << run_id;
  }
}

void run_out(QueueFarm& farm) {
  bool any = true;
  while (any) {
    any = false;
    for (const jobs::BoardView& board : {kBoardA, kBoardB, kBoardC}) {
      while (const auto lease = farm.queue().take(board)) {
        any = true;
        ASSERT_TRUE(farm.finish(*lease, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED, 1)).ok());
      }
    }
  }
}

void check_nothing_counts_twice(const std::filesystem::path& dir) {
  auto opened = store::Connection::open(dir / "tinyrig.db", SQLITE_OPEN_READWRITE);
  ASSERT_TRUE(opened.ok());
  store::Connection& database = **opened;
  EXPECT_EQ(count(database, "SELECT count(*) FROM runs WHERE outcome IS NULL"), 0);
  EXPECT_EQ(count(database, "SELECT count(*) FROM jobs WHERE outcome IS NULL"), 0);
  EXPECT_EQ(count(database, "SELECT count(*) FROM runs WHERE outcome = 'succeeded'"),
            count(database, "SELECT count(*) FROM results"));
  EXPECT_EQ(count(database, "SELECT count(*) FROM jobs"), count(database, "SELECT count(*) FROM submissions"));
  // Attempts are numbered from 1 without gaps, and every one has ended.
  EXPECT_EQ(count(database, "SELECT count(*) FROM attempts WHERE outcome IS NULL"), 0);
  EXPECT_EQ(count(database,
                  "SELECT count(*) FROM runs WHERE attempts <> "
                  "(SELECT count(*) FROM attempts WHERE run_number = runs.number)"),
            0);
  // A success is the last attempt and the only one; failures never exceed their limit.
  EXPECT_EQ(count(database,
                  "SELECT count(*) FROM (SELECT run_number FROM attempts WHERE outcome = 'succeeded' "
                  "GROUP BY run_number HAVING count(*) > 1)"),
            0);
  EXPECT_EQ(count(database,
                  "SELECT count(*) FROM (SELECT run_number FROM attempts WHERE counts_as_failure = 1 "
                  "GROUP BY run_number HAVING count(*) > 3)"),
            0);
  EXPECT_GT(count(database, "SELECT count(*) FROM attempts WHERE reason = 'DAEMON_RESTARTED'"), 0);
  store::Statement check = database.query("PRAGMA integrity_check");
  ASSERT_TRUE(check.next());
  EXPECT_EQ(check.bytes(0), "ok");
}

TEST(KillHard, LosesNothingAcknowledgedAndCountsNothingTwice) {
  const char* chosen = std::getenv("TINYRIG_TEST_SEED");
  const std::uint32_t seed =
      chosen != nullptr ? static_cast<std::uint32_t>(std::atoll(chosen)) : std::random_device()();
  std::printf("seed %u (repeat with TINYRIG_TEST_SEED)\n", seed);
  std::mt19937 random(seed);
  TemporaryFolder folder;
  Acknowledged noted;
  for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    run_round(folder.path(), round, &random, &noted);
  }
  std::printf("%d kills, %zu acknowledgements: %zu jobs, %zu results\n", kRounds, noted.lines, noted.jobs.size(),
              noted.results.size());
  EXPECT_GT(noted.jobs.size(), 20u);
  EXPECT_GT(noted.results.size(), 50u);
  {
    QueueFarm farm(folder.path());
    check_acknowledged(farm, noted);
    run_out(farm);
    check_acknowledged(farm, noted);
  }
  check_nothing_counts_twice(folder.path());
}

}  // namespace
}  // namespace tinyrig
