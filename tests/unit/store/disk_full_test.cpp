// A full disk, made with a limit on the size of the database: SQLite then fails in the same places and with
// the same code (SQLITE_FULL) as on a file system without room.
#include <gtest/gtest.h>

#include "server/base/error.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using namespace testing_support;

class DiskFullTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kRoomBytes = 400'000;

  void open(std::uint64_t max_bytes) {
    store_.reset();
    auto opened = open_sqlite_store(folder_.path(), {.max_database_bytes = max_bytes});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  absl::StatusOr<PutModelResult> put(const v1::Model& model, std::size_t bytes) {
    return wait_for_answer<PutModelResult>(
        [&](auto done) { store_->put_model(model, std::string(bytes, 'x'), std::move(done)); });
  }

  absl::StatusOr<AcceptedJob> accept(const NewJob& job) {
    return wait_for_answer<AcceptedJob>([&](auto done) { store_->accept_job(job, std::move(done)); });
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

struct HeardCommits final : CommitObserver {
  void on_commit(std::size_t writes, std::chrono::nanoseconds took, const absl::Status& trouble) override {
    all += writes;
    last_trouble = reason_of(trouble);
    took_time = took_time && took.count() > 0;
  }
  std::size_t all = 0;
  std::string last_trouble;
  bool took_time = true;
};

// Observers hear of every write, and of those that the store itself refused; not of what a write found.
TEST_F(DiskFullTest, TellsObservers) {
  HeardCommits heard;
  auto opened = open_sqlite_store(folder_.path(), {.max_database_bytes = kRoomBytes, .observers = {&heard}});
  ASSERT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
  EXPECT_TRUE(put(test_model("small", 'a'), 100).ok());
  EXPECT_EQ(heard.last_trouble, "");
  EXPECT_EQ(reason_of(put(test_model("big", 'b'), 1'000'000).status()), "DISK_FULL");
  EXPECT_EQ(heard.last_trouble, "DISK_FULL");
  EXPECT_EQ(reason_of(put(test_model("small", 'c'), 100).status()), "MODEL_NAME_TAKEN");
  EXPECT_EQ(heard.last_trouble, "");
  EXPECT_EQ(heard.all, 3U);
  EXPECT_TRUE(heard.took_time);
  store_.reset();  // before what it tells
}

TEST_F(DiskFullTest, RefusesWhatDoesNotFitAndKeepsNothingOfIt) {
  open(kRoomBytes);
  const auto refused = put(test_model("big", 'b'), 1'000'000);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(refused.status()), "DISK_FULL");
  EXPECT_TRUE(store_->list_models()->empty());
  // What fits still goes in, and so does the big one once there is room.
  ASSERT_TRUE(put(test_model("kws"), 1'000).ok());
  open(0);
  EXPECT_TRUE(put(test_model("big", 'b'), 1'000'000).ok());
  EXPECT_EQ(store_->list_models()->size(), 2u);
}

TEST_F(DiskFullTest, NeverKeepsHalfAJob) {
  open(kRoomBytes);
  ASSERT_TRUE(put(test_model("kws"), 1'000).ok());
  std::vector<ScheduledRun> runs;
  for (int i = 0; i < 5'000; ++i) runs.push_back(test_run("r-" + std::to_string(i), "t"));
  const auto refused = accept(test_job("j-1", runs, "key"));
  EXPECT_EQ(reason_of(refused.status()), "DISK_FULL");
  EXPECT_EQ(reason_of(store_->job("j-1").status()), "JOB_UNKNOWN");
  EXPECT_FALSE(store_->find_submission("key")->has_value());
  EXPECT_TRUE(store_->unfinished_runs()->empty());
  open(0);
  EXPECT_TRUE(accept(test_job("j-1", runs, "key")).ok());
  EXPECT_EQ(store_->unfinished_runs()->size(), 5'000u);
}

TEST_F(DiskFullTest, KeepsARunWhoseResultDoesNotFitUntilItDoes) {
  open(kRoomBytes);
  ASSERT_TRUE(put(test_model("kws"), 1'000).ok());
  ASSERT_TRUE(accept(test_job("j-1", {test_run("r-1", "t")})).ok());
  const v1::Attempt attempt = test_attempt(1, "b");
  ASSERT_TRUE(wait_for([&](Done done) { store_->begin_attempt("r-1", attempt, std::move(done)); }).ok());
  AttemptEnd end = success_end("r-1", attempt, 100);
  end.result->add_invalid_reasons(std::string(600'000, 'y'));
  const auto try_to_end = [&] {
    return wait_for_answer<AttemptEndResult>([&](auto done) { store_->end_attempt(end, std::move(done)); });
  };
  EXPECT_EQ(reason_of(try_to_end().status()), "DISK_FULL");
  EXPECT_EQ(store_->run("r-1")->summary().state(), v1::RUN_STATE_LEASED);
  EXPECT_TRUE(store_->samples("r-1")->empty());
  open(0);
  const auto ended = try_to_end();
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(ended->applied);
  EXPECT_EQ(store_->run("r-1")->summary().outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(store_->samples("r-1")->size(), 2u);
}

TEST_F(DiskFullTest, SmallWritesOfAGroupGetThroughBesideOneThatDoesNotFit) {
  open(kRoomBytes);
  // Queued together, so that some of them share a commit with the one that fails.
  std::vector<absl::Status> saved;
  absl::Status refused;
  v1::Board board;
  for (int i = 0; i < 20; ++i) {
    board.set_id("b" + std::to_string(i));
    store_->save_board(board, kTestTime, [&](absl::Status status) { saved.push_back(std::move(status)); });
    if (i == 10) {
      store_->put_model(test_model("big", 'b'), std::string(1'000'000, 'x'),
                        [&](absl::StatusOr<PutModelResult> result) { refused = result.status(); });
    }
  }
  ASSERT_TRUE(wait_for([&](Done done) { store_->append_log({}, std::move(done)); }).ok());
  EXPECT_EQ(reason_of(refused), "DISK_FULL");
  ASSERT_EQ(saved.size(), 20u);
  for (const absl::Status& status : saved) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(store_->load_boards()->size(), 20u);
}

}  // namespace
}  // namespace tinyrig::store
