// Databases of every released schema, migrated forward: what was in them is there afterwards.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "server/base/error.h"
#include "server/store/schema.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using testing_support::kTestTime;
using testing_support::TemporaryFolder;

constexpr std::int64_t kMinuteUs = 60'000'000;
const std::filesystem::path kReleased = std::string(TINYRIG_SOURCE_DIR) + "/tests/unit/store/released";

std::vector<std::uint32_t> released_versions() {
  std::vector<std::uint32_t> versions;
  while (std::filesystem::exists(kReleased / ("000" + std::to_string(versions.size() + 1) + ".sql"))) {
    versions.push_back(static_cast<std::uint32_t>(versions.size() + 1));
  }
  return versions;
}

std::int64_t integer_in(Connection& database, const std::string& sql) {
  Statement statement = database.query(sql);
  EXPECT_TRUE(statement.next()) << sql << ": " << statement.status();
  return statement.integer(0);
}

/// Every table with all of its rows, as SQLite writes them.
std::map<std::string, std::string> contents_of(Connection& database) {
  std::map<std::string, std::string> contents;
  Statement tables = database.query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
  while (tables.next()) contents[tables.bytes(0)] = tables.bytes(1);
  for (auto& [name, text] : contents) {
    if (text.rfind("CREATE TABLE", 0) != 0) continue;
    std::string columns;
    {
      Statement info = database.query("SELECT name FROM pragma_table_info(?1)", name);
      while (info.next()) columns += (columns.empty() ? "quote(" : " || ',' || quote(") + info.bytes(0) + ")";
    }
    Statement rows = database.query("SELECT " + columns + " FROM " + name + " ORDER BY 1");
    while (rows.next()) text += "\n" + rows.bytes(0);
  }
  return contents;
}

class ReleasedTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  std::filesystem::path file() const { return folder_.path() / "tinyrig.db"; }

  std::unique_ptr<Connection> connect() const {
    auto database = Connection::open(file(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }
  void make(std::uint32_t version) const {
    std::ifstream text(kReleased / ("000" + std::to_string(version) + ".sql"));
    const std::string sql{std::istreambuf_iterator<char>(text), {}};
    const absl::Status made = connect()->run_script(sql);
    ASSERT_TRUE(made.ok()) << made;
  }

  TemporaryFolder folder_;
};

TEST(ReleasedSchemas, AreAllThere) {
  EXPECT_GE(released_versions().size(), 6u);
  EXPECT_LE(released_versions().size(), newest_schema_version());
}

TEST_P(ReleasedTest, ItsMigrationsHaveNotChangedSince) {
  make(GetParam());
  const auto migrated = *Connection::open(":memory:", SQLITE_OPEN_READWRITE);
  for (const Migration& migration : migrations()) {
    if (migration.number > GetParam()) break;
    ASSERT_TRUE(migrated->run_script(migration.sql).ok());
  }
  const auto schema_of = [](Connection& database) {
    std::map<std::string, std::string> schema;
    Statement objects = database.query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");
    while (objects.next()) schema[objects.bytes(0)] = objects.bytes(1);
    return schema;
  };
  EXPECT_EQ(schema_of(*migrated), schema_of(*connect()));
}

TEST_P(ReleasedTest, HasRowsInEveryTable) {
  make(GetParam());
  const auto database = connect();
  for (const auto& [name, text] : contents_of(*database)) {
    if (text.rfind("CREATE TABLE", 0) != 0) continue;
    EXPECT_GT(integer_in(*database, "SELECT count(*) FROM " + name), 0) << name;
  }
}

TEST_P(ReleasedTest, KeepsAllThatItHad) {
  const std::uint32_t version = GetParam();
  make(version);
  const auto opened = open_sqlite_store(folder_.path());
  ASSERT_TRUE(opened.ok()) << opened.status();
  const Store& store = **opened;

  const auto model = store.find_model("kws");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->sha256(), std::string(64, 'a'));
  EXPECT_EQ(model->macs(), 2'656'768u);
  ASSERT_EQ(model->expected_outputs_size(), 1);
  EXPECT_EQ(model->expected_outputs(0).output_fnv1a32(), 123'456u);
  EXPECT_EQ(*store.model_bytes(std::string(64, 'a')), "the bytes");
  EXPECT_EQ(store.list_models()->size(), 2u);

  const auto finished = store.job("j-1");
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(finished->outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(finished->spec().models(0), "kws");
  const auto run = store.run("r-1");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->result().latency().median_ticks(), 4'200);
  ASSERT_EQ(run->attempts_size(), 2);
  EXPECT_EQ(run->attempts(0).reason(), "LINK_SILENT");
  EXPECT_EQ(run->attempts(1).board_id(), "b-1");
  const auto samples = store.samples("r-1");
  ASSERT_TRUE(samples.ok()) << samples.status();
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_EQ((*samples)[1].latency_ticks(1), 4'300u);
  const auto submission = store.find_submission("key-2");
  ASSERT_TRUE(submission.ok() && submission->has_value());
  EXPECT_EQ((*submission)->job_id, "j-2");

  const auto unfinished = store.unfinished_runs();
  ASSERT_EQ(unfinished->size(), 2u);
  EXPECT_EQ((*unfinished)[0].run.summary().state(), v1::RUN_STATE_QUEUED);
  EXPECT_EQ((*unfinished)[0].pinned_board_id, "b-2");
  EXPECT_EQ((*unfinished)[1].run.summary().state(), v1::RUN_STATE_MEASURING);
  EXPECT_EQ(store.job_logs("j-2")->front().text(), "said of job 2");
  const auto board = store.load_boards();
  ASSERT_EQ(board->size(), 1u);
  EXPECT_EQ(board->front().runs_finished(), 1u);
  const auto events = store.board_log("b-1", 10);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().text(), "health unknown -> good: passed its check");
  const auto leaderboard = store.leaderboard({});
  ASSERT_TRUE(leaderboard.ok()) << leaderboard.status();
  ASSERT_EQ(leaderboard->groups_size(), 1);
  EXPECT_EQ(leaderboard->groups(0).entries(0).latency_median_ticks(), 4'200);

  const auto golden = store.golden_latencies();
  ASSERT_EQ(golden->size(), version >= 2 ? 1u : 0u);
  for (const GoldenLatency& latency : *golden) EXPECT_EQ(latency.ticks, 77u);
  const auto holds = store.holds();
  ASSERT_EQ(holds->size(), version >= 3 ? 1u : 0u);
  for (const BoardHold& hold : *holds) EXPECT_EQ(hold.token, "secret");
  const auto capture = store.capture("r-1");
  EXPECT_EQ(capture.ok() ? capture->bytes : reason_of(capture.status()),
            version >= 4 ? "words that an instrument sent" : "CAPTURE_MISSING");
  const auto tokens = store.tokens();
  ASSERT_EQ(tokens->size(), version >= 6 ? 1u : 0u);
  for (const StoredToken& token : *tokens) {
    EXPECT_EQ(token.secret_sha256, std::string(64, 'd'));
    EXPECT_EQ(token.token.role(), v1::ROLE_SUBMITTER);
  }
  EXPECT_EQ(store.audit_log("j-2", 0)->size(), version >= 6 ? 1u : 0u);
  EXPECT_EQ(*store.board_time("ann", 19'675), absl::Minutes(version >= 6 ? 5 : 0));
  EXPECT_EQ(*store.unfinished_jobs_of("ann"), version >= 6 ? 1u : 0u);
  const auto storage = store.storage(kTestTime);
  ASSERT_TRUE(storage.ok()) << storage.status();
  EXPECT_EQ(storage->kinds(0).count(), version >= 4 ? 1u : 0u) << "its recording is counted";
  for (const v1::StoredKind& kind : storage->kinds()) {
    if (kind.kind() != v1::STORAGE_KIND_UNUSED_MODELS) continue;
    EXPECT_EQ(kind.removed_count(), version >= 5 ? 1u : 0u);
  }
  const auto database = connect();
  EXPECT_EQ(integer_in(*database, "PRAGMA user_version"), newest_schema_version());
  EXPECT_EQ(integer_in(*database, "SELECT count(*) FROM schema_migrations"), newest_schema_version());
  EXPECT_EQ(integer_in(*database, "SELECT min(upload_time_us) FROM models"),
            1'700'000'000'000'000 + (version >= 5 ? kMinuteUs : 0));
}

TEST_P(ReleasedTest, GoesOnWithWorkThatWasQueued) {
  make(GetParam());
  const auto store = open_sqlite_store(folder_.path());
  ASSERT_TRUE(store.ok()) << store.status();
  const v1::Attempt attempt = testing_support::test_attempt(1, "b-2");
  const auto ended = testing_support::wait_for_answer<AttemptEndResult>(
      [&](auto done) { (*store)->end_attempt(testing_support::success_end("r-2", attempt, 99), std::move(done)); });
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(ended->applied);
  EXPECT_EQ((*store)->run("r-2")->result().latency().median_ticks(), 99);
}

TEST_P(ReleasedTest, AMigrationThatFailsLeavesItAsItWas) {
  if (GetParam() >= 5) return;  // it is the fifth that fails here
  make(GetParam());
  const auto database = connect();
  // In its way, after most of its statements.
  ASSERT_TRUE(database->run_script("CREATE TABLE removal_totals (in_the_way INTEGER)").ok());
  const auto before = contents_of(*database);
  const absl::Status failed = migrate(*database, kTestTime);
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal) << failed;
  EXPECT_NE(failed.message().find("removal_totals already exists"), absl::string_view::npos) << failed;
  EXPECT_EQ(contents_of(*database), before);
  EXPECT_EQ(integer_in(*database, "PRAGMA user_version"), GetParam());
  // Without it, it goes through.
  ASSERT_TRUE(database->run_script("DROP TABLE removal_totals").ok());
  EXPECT_TRUE(migrate(*database, kTestTime).ok());
}

TEST_P(ReleasedTest, WithoutRoomForAMigrationItIsAsItWas) {
  if (GetParam() == newest_schema_version()) return;
  make(GetParam());
  const auto before = contents_of(*connect());
  const std::uint64_t size = std::filesystem::file_size(file());
  const auto refused = open_sqlite_store(folder_.path(), {.max_database_bytes = size});
  EXPECT_EQ(reason_of(refused.status()), "DISK_FULL") << refused.status();
  EXPECT_EQ(contents_of(*connect()), before);
  EXPECT_TRUE(open_sqlite_store(folder_.path()).ok());
}

INSTANTIATE_TEST_SUITE_P(Schemas, ReleasedTest, testing::ValuesIn(released_versions()));

}  // namespace
}  // namespace tinyrig::store
