// ./rig bench store: the store against plain SQLite in the same run and on the same disk, the queue with a
// hundred thousand runs, and the leaderboard.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/store/sqlite.h"
#include "server/store/sqlite_store.h"
#include "tests/bench/link/results.h"
#include "tests/bench/store/bench_queue.h"
#include "tests/bench/store/plain_sqlite.h"
#include "tests/bench/store/timing.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::bench {
namespace {

using namespace testing_support;

void must(const absl::Status& status, const char* doing) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", doing, status.ToString().c_str());
  std::exit(1);
}

std::unique_ptr<store::Store> open_with_job(const std::filesystem::path& dir, std::vector<store::ScheduledRun> runs) {
  auto opened = store::open_sqlite_store(dir);
  must(opened.status(), "opening the store");
  must(wait_for_answer<store::PutModelResult>([&](auto done) {
         (*opened)->put_model(test_model("kws"), "bytes", std::move(done));
       }).status(),
       "putting a model");
  must(wait_for_answer<store::AcceptedJob>([&](auto done) {
         (*opened)->accept_job(test_job("j-1", std::move(runs)), std::move(done));
       }).status(),
       "accepting a job");
  return *std::move(opened);
}

v1::LogLine one_line() {
  v1::LogLine line;
  line.set_job_id("j-1");
  line.set_run_id("r-1");
  line.set_board_id("b");
  line.set_level("info");
  line.set_text("uploading model: 50 %");
  *line.mutable_time() = store::timestamp_of(kTestTime);
  return line;
}

// One write at a time, each waited for: what grouping and the writer thread cost when there is no load.
void bench_single_commits(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr std::size_t kCommits = 500;
  const auto store = open_with_job(dir / "single", {test_run("r-1", "t")});
  std::vector<double> ours;
  std::vector<double> plain;
  // Turn by turn, so that both meet the same disk.
  for (int turn = 0; turn < 4; ++turn) {
    for (std::size_t i = 0; i < kCommits / 4; ++i) {
      const Stopwatch watch;
      must(wait_for([&](store::Done done) { store->append_log(one_line(), std::move(done)); }), "writing");
      ours.push_back(watch.seconds());
    }
    std::filesystem::create_directories(dir / ("plain" + std::to_string(turn)));
    const auto times = plain_commits(dir / ("plain" + std::to_string(turn)), kCommits / 4, 1);
    plain.insert(plain.end(), times.begin(), times.end());
  }
  const double ratio = quantile(ours, 0.5) / quantile(plain, 0.5);
  results.push_back({"commit_p50", quantile(ours, 0.5) * 1e3, "ms", {}});
  results.push_back({"commit_p99", quantile(ours, 0.99) * 1e3, "ms", {}});
  results.push_back({"commit_p50_plain_sqlite", quantile(plain, 0.5) * 1e3, "ms", {}});
  results.push_back({"commit_p99_plain_sqlite", quantile(plain, 0.99) * 1e3, "ms", {}});
  results.push_back({"commit_p50_ours_to_plain", ratio, "ratio", 1.5, false});
}

// Many writes of one row each, as boards at work make them.
void bench_grouped_writes(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr std::size_t kWrites = 50'000;
  const auto store = open_with_job(dir / "grouped", {test_run("r-1", "t")});
  const Stopwatch watch;
  for (std::size_t i = 0; i < kWrites; ++i) store->append_log(one_line(), nullptr);
  must(wait_for([&](store::Done done) { store->append_log({}, std::move(done)); }), "writing");
  const double ours = static_cast<double>(kWrites) / watch.seconds();

  std::filesystem::create_directories(dir / "plain-grouped");
  const Stopwatch one_by_one;
  constexpr std::size_t kSingles = 500;
  (void)plain_commits(dir / "plain-grouped", kSingles, 1);
  const double plain_single = static_cast<double>(kSingles) / one_by_one.seconds();
  const Stopwatch batched;
  constexpr std::size_t kBatches = 50;
  constexpr std::size_t kBatchRows = 1'000;
  (void)plain_commits(dir / "plain-grouped", kBatches, kBatchRows);
  const double plain_batched = static_cast<double>(kBatches * kBatchRows) / batched.seconds();

  results.push_back({"rows_per_s", ours, "rows/s", {}});
  results.push_back({"rows_per_s_plain_1_per_commit", plain_single, "rows/s", {}});
  results.push_back({"rows_per_s_plain_1000_per_commit", plain_batched, "rows/s", {}});
  results.push_back({"rows_ours_to_plain_1_per_commit", ours / plain_single, "ratio", 5});
  results.push_back({"rows_ours_to_plain_1000_per_commit", ours / plain_batched, "ratio", {}});
}

// Raw samples with their run's end: compressed columns against a row each.
void bench_samples(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr std::uint32_t kRuns = 100;
  constexpr std::uint32_t kSessions = 10;
  constexpr std::uint32_t kPerSession = 1'000;
  std::vector<store::ScheduledRun> runs;
  for (std::uint32_t i = 0; i < kRuns; ++i) runs.push_back(test_run("r-" + std::to_string(i), "t"));
  const auto store = open_with_job(dir / "samples", std::move(runs));
  std::vector<store::AttemptEnd> ends;
  for (std::uint32_t i = 0; i < kRuns; ++i) {
    store::AttemptEnd end = success_end("r-" + std::to_string(i), test_attempt(1, "b"), 1e6 + i);
    end.samples.clear();
    for (std::uint32_t session = 0; session < kSessions; ++session) {
      v1::SessionSamples& samples = end.samples.emplace_back();
      samples.set_session(session);
      for (std::uint32_t n = 0; n < kPerSession; ++n) samples.add_latency_ticks(1'000'000 + (n * 7 + session) % 13);
    }
    ends.push_back(std::move(end));
  }
  const Stopwatch watch;
  for (store::AttemptEnd& end : ends) store->end_attempt(std::move(end), nullptr);
  must(wait_for([&](store::Done done) { store->append_log({}, std::move(done)); }), "ending runs");
  const double total = kRuns * kSessions * kPerSession;
  const double ours = total / watch.seconds();
  const double plain = plain_sample_rows_per_s(dir, static_cast<std::size_t>(total));
  results.push_back({"samples_per_s", ours, "1/s", {}});
  results.push_back({"samples_per_s_plain_rows", plain, "1/s", {}});
  results.push_back({"samples_ours_to_plain_rows", ours / plain, "ratio", 5});
}

// 80,000 cells, as 10 million results of 4,000 models on 20 board types would leave them.
void bench_leaderboard(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr int kModels = 4'000;
  constexpr int kTypes = 20;
  const auto store = open_with_job(dir / "leaderboard", {test_run("r-1", "t")});
  {
    auto direct = store::Connection::open(dir / "leaderboard" / "tinyrig.db", SQLITE_OPEN_READWRITE);
    must(direct.status(), "opening the database");
    store::Connection& database = **direct;
    must(database.run_script("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE"), "filling");
    for (int m = 0; m < kModels; ++m) {
      v1::LeaderboardEntry entry;
      entry.set_model_name("model-" + std::to_string(100'000 + m));
      std::string sha256 = std::to_string(m);
      sha256.insert(0, 64 - sha256.size(), '0');
      entry.set_model_sha256(sha256);
      v1::Model model = test_model(entry.model_name());
      model.set_sha256(sha256);
      const std::string description = model.SerializeAsString();
      must(database.execute(
               "INSERT INTO models (sha256, name, size_bytes, create_time_us, description) VALUES (?1, ?2, 5, 0, ?3)",
               sha256, entry.model_name(), store::Blob{description}),
           "filling");
      for (int t = 0; t < kTypes; ++t) {
        entry.set_board_type("type-" + std::to_string(t));
        entry.set_runtime("tinyrig");
        entry.set_latency_median_ticks(1'000 + t);
        const std::string serialized = entry.SerializeAsString();
        must(database.execute("INSERT INTO leaderboard VALUES (?1, ?2, 1, 'instruction_count', 'instructions', 1, ?3, "
                              "'tinyrig', ?4, 1, ?5)",
                              entry.model_name(), sha256, entry.board_type(), 1'000.0 + t, store::Blob{serialized}),
             "filling");
      }
    }
    must(database.run_script("COMMIT"), "filling");
  }
  std::vector<double> first_pages;
  std::vector<double> one_model;
  for (int i = 0; i < 1'000; ++i) {
    v1::QueryLeaderboardRequest request;
    const Stopwatch page;
    must(store->leaderboard(request).status(), "querying");
    first_pages.push_back(page.seconds());
    request.set_model("model-" + std::to_string(100'000 + i * 3));
    const Stopwatch model;
    must(store->leaderboard(request).status(), "querying");
    one_model.push_back(model.seconds());
  }
  results.push_back({"leaderboard_page_p99_80k_cells", quantile(first_pages, 0.99) * 1e3, "ms", 5, false});
  results.push_back({"leaderboard_model_p99_80k_cells", quantile(one_model, 0.99) * 1e3, "ms", 5, false});
}

}  // namespace
}  // namespace tinyrig::bench

int main(int argc, char** argv) {
  using tinyrig::bench::Result;
  CLI::App app{"Measures the store and the queue, beside plain SQLite."};
  std::string out;
  std::string dir = std::filesystem::temp_directory_path().string();
  app.add_option("--out", out, "JSON file to write");
  app.add_option("--dir", dir, "folder on the disk to measure; what is made in it is removed")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  setenv("TMPDIR", dir.c_str(), 1);
  const tinyrig::testing_support::TemporaryFolder folder;
  std::vector<Result> results;
  tinyrig::bench::bench_single_commits(folder.path(), results);
  tinyrig::bench::bench_grouped_writes(folder.path(), results);
  tinyrig::bench::bench_samples(folder.path(), results);
  tinyrig::bench::bench_whole_runs(folder.path() / "runs", results);
  tinyrig::bench::bench_take(folder.path() / "take", results);
  tinyrig::bench::bench_leaderboard(folder.path(), results);
  tinyrig::bench::print_table(results);
  if (!out.empty() && !tinyrig::bench::write_json(results, out)) {
    std::fprintf(stderr, "%s: cannot write\n", out.c_str());
    return 1;
  }
  return std::all_of(results.begin(), results.end(), [](const Result& result) { return result.met(); }) ? 0 : 3;
}
