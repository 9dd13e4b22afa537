// Backups taken while jobs, results and recordings are written: each is one moment of the store, whole.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/store/backup_folder.h"
#include "server/store/sqlite.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using namespace testing_support;

class BackupTest : public testing::Test {
 protected:
  BackupTest() { open(); }

  std::filesystem::path data() const { return folder_.path() / "data"; }

  void open() {
    auto opened = open_sqlite_store(data(), {.retention = {.recordings_quota_bytes = 2'000'000}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  v1::Model put(const std::string& name) {
    v1::Model model = test_model(name);
    const std::string bytes = "the bytes of " + name;
    model.set_sha256(sha256_hex(bytes));
    EXPECT_TRUE(
        wait_for_answer<PutModelResult>([&](auto done) { store_->put_model(model, bytes, std::move(done)); }).ok());
    return model;
  }

  /// A job of two runs of a model of its own; one of them ends with a recording, as the daemon's do.
  void work(int i) {
    const std::string number = std::to_string(i);
    const v1::Model model = put("m-" + number);
    store_->accept_job(
        test_job("j-" + number, {test_run("r-" + number, "t", model), test_run("q-" + number, "t", model)}), nullptr);
    const v1::Attempt attempt = test_attempt(1, "b");
    store_->begin_attempt("r-" + number, attempt, nullptr);
    AttemptEnd end = success_end("r-" + number, attempt, 100 + i);
    std::vector<std::uint8_t> words(200'000);
    for (std::uint8_t& byte : words) byte = static_cast<std::uint8_t>(random_());
    end.capture = std::make_shared<PackedCapture>(pack_capture({}, words));
    ASSERT_TRUE(wait_for_answer<AttemptEndResult>([&](auto done) { store_->end_attempt(end, std::move(done)); }).ok());
  }

  v1::Backup back_up(const std::filesystem::path& folder, const BackupWatch& watch = nullptr) {
    std::filesystem::create_directories(folder);
    const auto backup = store_->back_up(folder / kBackupDatabase, watch);
    EXPECT_TRUE(backup.ok()) << backup.status();
    EXPECT_TRUE(describe_backup(folder, *backup).ok());
    return *backup;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  std::mt19937 random_{1};
};

TEST_F(BackupTest, EveryBackupUnderLoadIsOneMomentAndRestores) {
  constexpr int kBackups = 5;
  std::atomic<int> done = 0;
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (int i = 0; !over && i < 2'000; ++i) {
      work(i);
      done = i + 1;
    }
  });
  std::vector<v1::Backup> backups;
  std::vector<int> before;
  int steps = 0;
  // Between every two steps of a copy something is written.
  const auto write_meanwhile = [&](std::uint64_t copied, std::uint64_t total) {
    ++steps;
    const int wanted = done + (copied < total ? 2 : 0);
    while (done < wanted) std::this_thread::yield();
    return true;
  };
  for (int i = 0; i < kBackups; ++i) {
    const int wanted = done + 10;
    while (done < wanted) std::this_thread::yield();
    before.push_back(done);
    backups.push_back(back_up(folder_.path() / ("backup-" + std::to_string(i)), write_meanwhile));
  }
  over = true;
  writer.join();
  EXPECT_GT(steps, 3 * kBackups / 2) << "some are copied in several steps";

  for (int i = 0; i < kBackups; ++i) {
    const std::filesystem::path from = folder_.path() / ("backup-" + std::to_string(i));
    const auto verified = verify_backup(from);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_GE(verified->results(), static_cast<std::uint64_t>(before[i]))
        << "a result that was acknowledged is missing";
    const std::filesystem::path to = folder_.path() / ("restored-" + std::to_string(i));
    const auto restored = restore_backup(from, to, false, kTestTime);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->replaced, "");
    const auto store = open_sqlite_store(to);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto models = (*store)->list_models();
    EXPECT_EQ(models->size(), backups[i].models());
    for (const v1::Model& model : *models) {
      EXPECT_EQ(sha256_hex(*(*store)->model_bytes(model.sha256())), model.sha256());
    }
    for (int run = 0; run < before[i]; ++run) {
      EXPECT_TRUE((*store)->run("r-" + std::to_string(run))->has_result()) << run;
    }
    // What was queued is queued, and what is kept of recordings is whole.
    EXPECT_GE((*store)->unfinished_runs()->size(), static_cast<std::size_t>(before[i]));
    EXPECT_EQ((*store)->capture("r-" + std::to_string(before[i] - 1)).ok() ||
                  reason_of((*store)->capture("r-" + std::to_string(before[i] - 1)).status()) == "CAPTURE_REMOVED",
              true);
  }
}

TEST_F(BackupTest, AnEndedBackupLeavesNothing) {
  for (int i = 0; i < 12; ++i) work(i);
  const std::filesystem::path file = folder_.path() / "copy.db";
  const auto backup = store_->back_up(file, [](std::uint64_t, std::uint64_t) { return false; });
  EXPECT_EQ(reason_of(backup.status()), "BACKUP_ENDED");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(reason_of(store_->back_up(folder_.path(), nullptr).status()), "BACKUP_EXISTS");
}

TEST_F(BackupTest, VerifyFindsWhatIsWrong) {
  work(0);
  const std::filesystem::path folder = folder_.path() / "backup";
  v1::Backup backup = back_up(folder);
  ASSERT_TRUE(verify_backup(folder).ok());
  EXPECT_EQ(reason_of(verify_backup(folder_.path() / "none").status()), "BACKUP_MISSING");

  // One byte in the middle.
  {
    std::fstream file(folder / kBackupDatabase, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(backup.size_bytes() / 2));
    file.put('\x5a');
  }
  EXPECT_EQ(reason_of(verify_backup(folder).status()), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(restore_backup(folder, folder_.path() / "new", false, kTestTime).status()), "BACKUP_DAMAGED");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "new"));

  // What no checksum of the file can see: a model whose bytes were wrong when it was taken, a recording that is gone.
  const auto with = [&](const std::string& sql) {
    std::filesystem::remove_all(folder);
    back_up(folder);
    {
      auto database = Connection::open(folder / kBackupDatabase, SQLITE_OPEN_READWRITE);
      EXPECT_TRUE((*database)->run_script(sql).ok());
    }
    backup.set_size_bytes(std::filesystem::file_size(folder / kBackupDatabase));
    backup.set_sha256(*sha256_hex_of_file(folder / kBackupDatabase));
    EXPECT_TRUE(describe_backup(folder, backup).ok());
    return verify_backup(folder).status();
  };
  EXPECT_TRUE(with("SELECT 1").ok());
  EXPECT_EQ(reason_of(with("UPDATE model_bytes SET tflite = x'00'")), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(with("DELETE FROM model_bytes")), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(with("DELETE FROM energy_captures")), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(with("DELETE FROM results")), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(with("PRAGMA foreign_keys = OFF; UPDATE results SET run_number = 77")), "BACKUP_DAMAGED");
  EXPECT_EQ(reason_of(with("PRAGMA user_version = 900")), "STORE_TOO_NEW");
}

TEST_F(BackupTest, RestoreRefusesADaemonThatRunsAndKeepsWhatWasThere) {
  work(0);
  const std::filesystem::path folder = folder_.path() / "backup";
  back_up(folder);
  work(1);
  EXPECT_EQ(reason_of(restore_backup(folder, data(), true, kTestTime).status()), "STORE_LOCKED");
  store_.reset();
  EXPECT_EQ(reason_of(restore_backup(folder, data(), false, kTestTime).status()), "STATE_EXISTS");
  const auto restored = restore_backup(folder, data(), true, kTestTime);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->replaced, data() / "tinyrig.db.replaced-20231114T221320Z");
  open();
  EXPECT_TRUE(store_->run("r-0").ok());
  EXPECT_EQ(reason_of(store_->run("r-1").status()), "RUN_UNKNOWN");
  // The other one is whole.
  store_.reset();
  std::filesystem::rename(restored->replaced, data() / "tinyrig.db");
  open();
  EXPECT_TRUE(store_->run("r-1")->has_result());
}

}  // namespace
}  // namespace tinyrig::store
