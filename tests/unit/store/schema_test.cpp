#include "server/store/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>

#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using testing_support::kTestTime;

std::unique_ptr<Connection> open_memory() {
  auto database = Connection::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

// Without comments and with white space as one blank: what SQLite keeps of a statement, compared as text.
std::string normalized(std::string sql) {
  sql = std::regex_replace(sql, std::regex("--[^\n]*"), " ");
  sql = std::regex_replace(sql, std::regex("\\s+"), " ");
  // A column that a later migration added stands behind the line break of the last one.
  sql = std::regex_replace(sql, std::regex(" ([,)])"), "$1");
  return sql;
}

std::vector<std::string> objects_of(Connection& database) {
  std::vector<std::string> objects;
  Statement statement =
      database.query("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name");
  while (statement.next()) {
    objects.push_back(statement.bytes(0) + " " + statement.bytes(1) + " on " + statement.bytes(2) + ": " +
                      normalized(statement.bytes(3)));
  }
  EXPECT_TRUE(statement.status().ok()) << statement.status();
  return objects;
}

std::int64_t one_integer(Connection& database, const std::string& sql) {
  Statement statement = database.query(sql);
  EXPECT_TRUE(statement.next()) << statement.status();
  return statement.integer(0);
}

TEST(Schema, MigrationsMakeWhatSchemaSqlDocuments) {
  std::ifstream file(std::string(TINYRIG_SOURCE_DIR) + "/db/schema.sql");
  ASSERT_TRUE(file.good());
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const auto documented = open_memory();
  ASSERT_TRUE(documented->run_script(document).ok());
  const auto migrated = open_memory();
  ASSERT_TRUE(migrate(*migrated, kTestTime).ok());
  EXPECT_EQ(objects_of(*migrated), objects_of(*documented));
  EXPECT_GT(objects_of(*migrated).size(), 15u);
}

TEST(Schema, MigrationsAreNumberedWithoutGaps) {
  std::uint32_t expected = 0;
  for (const Migration& migration : migrations()) {
    EXPECT_EQ(migration.number, ++expected);
    EXPECT_FALSE(migration.sql.empty());
  }
  EXPECT_EQ(newest_schema_version(), expected);
}

TEST(Schema, MigratingTwiceChangesNothing) {
  const auto database = open_memory();
  ASSERT_TRUE(migrate(*database, kTestTime).ok());
  const auto before = objects_of(*database);
  ASSERT_TRUE(migrate(*database, kTestTime).ok());
  EXPECT_EQ(objects_of(*database), before);
  EXPECT_EQ(one_integer(*database, "SELECT count(*) FROM schema_migrations"), newest_schema_version());
  EXPECT_EQ(one_integer(*database, "PRAGMA user_version"), newest_schema_version());
}

TEST(Schema, RefusesANewerDatabase) {
  const auto database = open_memory();
  ASSERT_TRUE(migrate(*database, kTestTime).ok());
  ASSERT_TRUE(database->run_script("PRAGMA user_version = 999").ok());
  const absl::Status status = migrate(*database, kTestTime);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reason_of(status), "STORE_TOO_NEW");
  EXPECT_NE(status.message().find("999"), absl::string_view::npos);
}

TEST(Schema, RefusesAnotherProgramsDatabase) {
  const auto database = open_memory();
  ASSERT_TRUE(database->run_script("CREATE TABLE cookies (name TEXT)").ok());
  const absl::Status status = migrate(*database, kTestTime);
  EXPECT_EQ(reason_of(status), "STORE_CORRUPT");
  EXPECT_EQ(one_integer(*database, "SELECT count(*) FROM sqlite_master"), 1);
}

class Constraints : public testing::Test {
 protected:
  void SetUp() override {
    database_ = open_memory();
    ASSERT_TRUE(database_->run_script("PRAGMA foreign_keys = ON").ok());
    ASSERT_TRUE(migrate(*database_, kTestTime).ok());
    ASSERT_TRUE(
        database_
            ->run_script("INSERT INTO models (sha256, name, size_bytes, create_time_us, description) VALUES ('" +
                         std::string(64, 'a') +
                         "', 'm', 1, 0, x''); "
                         "INSERT INTO jobs (number, job_id, accepted, create_time_us) VALUES (1, 'j', x'', 0)")
            .ok());
  }

  absl::Status insert_run(const std::string& state, const std::string& outcome, const std::string& finish_time,
                          const std::string& board, int attempts, const std::string& reason) {
    return database_->run_script(
        "INSERT INTO runs (run_id, job_number, model_sha256, board_type, pinned_board_id, required_label, runtime, "
        "state, board_id, attempts, outcome, reason, message, create_time_us, finish_time_us) VALUES ('r" +
        std::to_string(++runs_) + "', 1, '" + std::string(64, 'a') + "', 't', '', '', 'tinyrig', " + state + ", " +
        board + ", " + std::to_string(attempts) + ", " + outcome + ", " + reason + ", '', 0, " + finish_time + ")");
  }

  std::unique_ptr<Connection> database_;
  int runs_ = 0;
};

TEST_F(Constraints, LetTrueStatesIn) {
  EXPECT_TRUE(insert_run("'queued'", "NULL", "NULL", "NULL", 0, "''").ok());
  EXPECT_TRUE(insert_run("'measuring'", "NULL", "NULL", "'b'", 1, "''").ok());
  EXPECT_TRUE(insert_run("'finished'", "'succeeded'", "5", "'b'", 1, "''").ok());
  EXPECT_TRUE(insert_run("'finished'", "'cancelled'", "5", "NULL", 0, "'CANCELLED'").ok());
}

TEST_F(Constraints, KeepImpossibleStatesOut) {
  EXPECT_FALSE(insert_run("'finished'", "NULL", "5", "'b'", 1, "''").ok());            // finished, no outcome
  EXPECT_FALSE(insert_run("'queued'", "'succeeded'", "NULL", "NULL", 0, "''").ok());   // outcome, not finished
  EXPECT_FALSE(insert_run("'finished'", "'succeeded'", "NULL", "'b'", 1, "''").ok());  // finished at no time
  EXPECT_FALSE(insert_run("'leased'", "NULL", "NULL", "NULL", 1, "''").ok());          // leased by no board
  EXPECT_FALSE(insert_run("'queued'", "NULL", "NULL", "'b'", 0, "''").ok());           // queued on a board
  EXPECT_FALSE(insert_run("'finished'", "'board_error'", "5", "'b'", 1, "''").ok());   // failed for no reason
  EXPECT_FALSE(insert_run("'sleeping'", "NULL", "NULL", "'b'", 1, "''").ok());         // no such state
}

TEST_F(Constraints, KeepOrphansOut) {
  EXPECT_FALSE(database_->run_script("INSERT INTO results VALUES (77, 'valid', x'')").ok());
  EXPECT_FALSE(database_->run_script("INSERT INTO submissions VALUES ('k', 77, 'd')").ok());
}

TEST_F(Constraints, CountOnlyBoardAndInfraErrorsAsFailures) {
  ASSERT_TRUE(insert_run("'queued'", "NULL", "NULL", "NULL", 1, "''").ok());
  EXPECT_FALSE(database_->run_script("INSERT INTO attempts VALUES (1, 1, 'b', 0, 5, 'succeeded', '', '', 1)").ok());
  EXPECT_TRUE(database_->run_script("INSERT INTO attempts VALUES (1, 1, 'b', 0, 5, 'infra_error', '', '', 1)").ok());
}

}  // namespace
}  // namespace tinyrig::store
