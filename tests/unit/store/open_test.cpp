#include <gtest/gtest.h>

#include <fstream>
#include <stop_token>

#include "server/base/error.h"
#include "server/store/schema.h"
#include "server/store/sqlite.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using testing_support::TemporaryFolder;

class OpenTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "tinyrig.db"; }

  // Changes the database behind the store's back.
  void tamper(const std::string& sql) {
    auto database = Connection::open(file(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE((*database)->run_script(sql).ok());
  }

  TemporaryFolder folder_;
};

TEST_F(OpenTest, MakesTheFolderAndTheDatabase) {
  const auto store = open_sqlite_store(folder_.path() / "a" / "b");
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->schema_version(), newest_schema_version());
  EXPECT_TRUE((*store)->list_models()->empty());
}

TEST_F(OpenTest, RefusesAFolderThatIsInUseAndNamesTheProcess) {
  const auto first = open_sqlite_store(folder_.path());
  ASSERT_TRUE(first.ok());
  const auto second = open_sqlite_store(folder_.path());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reason_of(second.status()), "STORE_LOCKED");
  EXPECT_NE(second.status().message().find(std::to_string(getpid())), absl::string_view::npos);
  EXPECT_FALSE(hint_of(second.status()).empty());
}

TEST_F(OpenTest, OpensAgainOnceTheFirstIsGone) {
  ASSERT_TRUE(open_sqlite_store(folder_.path()).ok());
  EXPECT_TRUE(open_sqlite_store(folder_.path()).ok());
}

TEST_F(OpenTest, RefusesADatabaseThatAnotherProgramHoldsLocked) {
  ASSERT_TRUE(open_sqlite_store(folder_.path()).ok());
  auto other = Connection::open(file(), SQLITE_OPEN_READWRITE);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->run_script("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").ok());
  const auto store = open_sqlite_store(folder_.path());
  EXPECT_EQ(reason_of(store.status()), "STORE_LOCKED") << store.status();
}

TEST_F(OpenTest, RefusesANewerDatabaseAndLeavesItAlone) {
  ASSERT_TRUE(open_sqlite_store(folder_.path()).ok());
  tamper("PRAGMA user_version = 500");
  const auto store = open_sqlite_store(folder_.path());
  EXPECT_EQ(reason_of(store.status()), "STORE_TOO_NEW");
  const auto database = Connection::open(file(), SQLITE_OPEN_READWRITE);
  Statement version = (*database)->query("PRAGMA user_version");
  ASSERT_TRUE(version.next());
  EXPECT_EQ(version.integer(0), 500);
}

TEST_F(OpenTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(file()) << std::string(10'000, 'x');
  const auto store = open_sqlite_store(folder_.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(reason_of(store.status()), "STORE_CORRUPT");
}

TEST_F(OpenTest, RefusesADamagedDatabase) {
  ASSERT_TRUE(open_sqlite_store(folder_.path()).ok());
  {
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(4096);  // everything but the first page
    damaged << std::string(60'000, '\xee');
  }
  const auto store = open_sqlite_store(folder_.path());
  EXPECT_EQ(reason_of(store.status()), "STORE_CORRUPT") << store.status();
}

// A database that is larger than what is checked at start.
class LargeDatabaseTest : public OpenTest {
 protected:
  void SetUp() override {
    auto store = open();
    ASSERT_TRUE(store.ok()) << store.status();
    v1::Board board;
    board.set_id("b");
    ASSERT_TRUE(testing_support::wait_for([&](Done done) {
                  (*store)->save_board(board, testing_support::kTestTime, std::move(done));
                }).ok());
    EXPECT_EQ(state(**store), v1::CHECK_STATE_WAITING);
  }

  absl::StatusOr<std::unique_ptr<Store>> open() const {
    return open_sqlite_store(folder_.path(), {.check_at_start_bytes = 0});
  }
  static v1::CheckState state(const Store& store) { return store.storage(testing_support::kTestTime)->check().state(); }
  // Writes over the root page of a table that nothing reads at start.
  void damage(const std::string& table) {
    std::int64_t page = 0;
    {
      auto database = Connection::open(file(), SQLITE_OPEN_READWRITE);
      ASSERT_TRUE(database.ok()) << database.status();
      Statement root = (*database)->query("SELECT rootpage FROM sqlite_master WHERE name = ?1", table);
      ASSERT_TRUE(root.next());
      page = root.integer(0);
    }
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp((page - 1) * 4096);
    damaged << std::string(4096, '\xee');
  }
};

TEST_F(LargeDatabaseTest, IsCheckedBesideWork) {
  const auto store = open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->check({}).ok());
  EXPECT_EQ(state(**store), v1::CHECK_STATE_SOUND);
  EXPECT_TRUE((*store)->intake().ok());
}

TEST_F(LargeDatabaseTest, DamageStopsIntakeAndIsToldInWords) {
  damage("job_log");
  const auto store = open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->intake().ok()) << "nobody has looked yet";
  const absl::Status found = (*store)->check({});
  EXPECT_EQ(found.code(), absl::StatusCode::kDataLoss) << found;
  EXPECT_EQ(reason_of((*store)->intake()), "STORE_CORRUPT");
  EXPECT_NE(hint_of((*store)->intake()).find("tinyrig admin restore"), std::string::npos);
  // Told although the log cannot be measured.
  EXPECT_EQ(state(**store), v1::CHECK_STATE_DAMAGED);
  // What is whole is still served.
  EXPECT_EQ((*store)->load_boards()->size(), 1u);
}

TEST_F(LargeDatabaseTest, ARowThatRefersToNothingIsDamage) {
  tamper("INSERT INTO results (run_number, validity, result) VALUES (77, 'valid', x'')");
  const auto store = open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(reason_of((*store)->check({})), "STORE_CORRUPT");
  EXPECT_EQ(state(**store), v1::CHECK_STATE_DAMAGED);
}

TEST_F(LargeDatabaseTest, ACheckThatIsEndedSaysNothing) {
  damage("job_log");
  const auto store = open();
  ASSERT_TRUE(store.ok()) << store.status();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled((*store)->check(stop.get_token())));
  EXPECT_TRUE((*store)->intake().ok());
}

TEST_F(LargeDatabaseTest, OneThatIsCutOffIsRefusedAtStart) {
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 4096);
  const auto store = open();
  EXPECT_EQ(reason_of(store.status()), "STORE_CORRUPT") << store.status();
}

TEST_F(OpenTest, RefusesARowThatRefersToNothing) {
  ASSERT_TRUE(open_sqlite_store(folder_.path()).ok());
  tamper("INSERT INTO results (run_number, validity, result) VALUES (77, 'valid', x'')");
  EXPECT_EQ(reason_of(open_sqlite_store(folder_.path()).status()), "STORE_CORRUPT");
}

TEST_F(OpenTest, RefusesAPathThatIsAFile) {
  std::ofstream(folder_.path() / "plain") << "x";
  const auto store = open_sqlite_store(folder_.path() / "plain");
  EXPECT_EQ(reason_of(store.status()), "STORE_FAILED");
}

TEST_F(OpenTest, FinishesWritesThatWaitBeforeItCloses) {
  bool written = false;
  {
    auto store = open_sqlite_store(folder_.path());
    ASSERT_TRUE(store.ok());
    v1::Board board;
    board.set_id("b");
    (*store)->save_board(board, testing_support::kTestTime, [&](absl::Status status) { written = status.ok(); });
  }
  EXPECT_TRUE(written);
  EXPECT_EQ((*open_sqlite_store(folder_.path()))->load_boards()->size(), 1u);
}

TEST_F(OpenTest, RefusesMoreWritesThanMayWait) {
  auto store = open_sqlite_store(folder_.path(), {.max_waiting_writes = 1});
  ASSERT_TRUE(store.ok());
  int busy = 0;
  int done = 0;
  v1::Board board;
  board.set_id("b");
  for (int i = 0; i < 200; ++i) {
    (*store)->save_board(board, testing_support::kTestTime, [&](absl::Status status) {
      ++done;
      if (reason_of(status) == "STORE_BUSY") ++busy;
    });
  }
  store->reset();
  EXPECT_EQ(done, 200);
  EXPECT_GT(busy, 0);
}

}  // namespace
}  // namespace tinyrig::store
