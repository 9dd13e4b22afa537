#include "tests/bench/store/plain_sqlite.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/bench/store/timing.h"

namespace tinyrig::bench {
namespace {

void must_be_ok(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "plain SQLite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

class Plain {
 public:
  Plain(const std::filesystem::path& file, const std::string& schema, const std::string& insert) {
    must_be_ok(sqlite3_open(file.c_str(), &database_), database_);
    script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; " + schema);
    must_be_ok(sqlite3_prepare_v2(database_, insert.c_str(), -1, &insert_, nullptr), database_);
  }
  ~Plain() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  void script(const std::string& sql) {
    must_be_ok(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), database_);
  }
  sqlite3_stmt* insert() { return insert_; }
  void run_insert() {
    must_be_ok(sqlite3_step(insert_), database_);
    sqlite3_reset(insert_);
  }

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

std::vector<double> plain_commits(const std::filesystem::path& dir, std::size_t commits, std::size_t rows_per_commit) {
  Plain plain(dir / ("plain-" + std::to_string(rows_per_commit) + ".db"),
              "CREATE TABLE log (number INTEGER PRIMARY KEY, job INTEGER, time_us INTEGER, run TEXT, board TEXT, "
              "level TEXT, text TEXT); CREATE INDEX log_by_job ON log (job)",
              "INSERT INTO log (job, time_us, run, board, level, text) VALUES (1, ?1, 'r-1', 'b', 'info', ?2)");
  const std::string text = "uploading model: 50 %";
  std::vector<double> times;
  for (std::size_t i = 0; i < commits; ++i) {
    const Stopwatch watch;
    plain.script("BEGIN IMMEDIATE");
    for (std::size_t row = 0; row < rows_per_commit; ++row) {
      sqlite3_bind_int64(plain.insert(), 1, static_cast<sqlite3_int64>(i));
      sqlite3_bind_text(plain.insert(), 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
      plain.run_insert();
    }
    plain.script("COMMIT");
    times.push_back(watch.seconds());
  }
  return times;
}

double plain_sample_rows_per_s(const std::filesystem::path& dir, std::size_t samples) {
  Plain plain(dir / "plain-samples.db",
              "CREATE TABLE samples (run INTEGER, session INTEGER, place INTEGER, ticks INTEGER, "
              "PRIMARY KEY (run, session, place)) WITHOUT ROWID",
              "INSERT INTO samples VALUES (1, ?1, ?2, ?3)");
  constexpr std::size_t kRowsPerCommit = 10'000;
  const Stopwatch watch;
  for (std::size_t i = 0; i < samples; ++i) {
    if (i % kRowsPerCommit == 0) plain.script("BEGIN IMMEDIATE");
    sqlite3_bind_int64(plain.insert(), 1, static_cast<sqlite3_int64>(i / kRowsPerCommit));
    sqlite3_bind_int64(plain.insert(), 2, static_cast<sqlite3_int64>(i % kRowsPerCommit));
    sqlite3_bind_int64(plain.insert(), 3, static_cast<sqlite3_int64>(1'000'000 + i % 7));
    plain.run_insert();
    if (i % kRowsPerCommit == kRowsPerCommit - 1 || i + 1 == samples) plain.script("COMMIT");
  }
  return static_cast<double>(samples) / watch.seconds();
}

}  // namespace tinyrig::bench
