#include "tests/bench/farm/audit.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <unordered_set>

#include "server/store/sqlite.h"

namespace tinyrig::bench {
namespace {

std::unique_ptr<store::Connection> open_store(const std::filesystem::path& data_folder) {
  auto connection = store::Connection::open(data_folder / "tinyrig.db", SQLITE_OPEN_READONLY);
  return connection.ok() ? *std::move(connection) : nullptr;
}

std::unique_ptr<store::Connection> must_open(const std::filesystem::path& data_folder) {
  auto database = open_store(data_folder);
  if (database == nullptr) throw std::runtime_error("cannot read the store in " + data_folder.string());
  return database;
}

void must(const store::Statement& statement) {
  if (!statement.status().ok()) throw std::runtime_error(statement.status().ToString());
}

}  // namespace

std::int64_t unfinished_jobs(const std::filesystem::path& data_folder) {
  const auto database = open_store(data_folder);
  if (database == nullptr) return -1;
  store::Statement statement = database->query("SELECT count(*) FROM jobs WHERE outcome IS NULL");
  return statement.next() ? statement.integer(0) : -1;
}

Accounts audit(const std::filesystem::path& data_folder, const std::vector<std::string>& accepted_job_ids) {
  Accounts accounts;
  const auto database = must_open(data_folder);
  std::unordered_set<std::string> missing(accepted_job_ids.begin(), accepted_job_ids.end());
  // An answer that named a job twice would be one job for two submissions.
  accounts.doubled += accepted_job_ids.size() - missing.size();

  store::Statement jobs = database->query(
      "SELECT job_id, outcome IS NOT NULL, (SELECT count(*) FROM runs WHERE job_number = jobs.number), "
      "(SELECT count(*) FROM runs JOIN attempts ON run_number = runs.number WHERE job_number = jobs.number "
      " AND attempts.outcome IS NOT NULL AND (counts_as_failure = 0 AND attempts.reason <> 'DAEMON_RESTARTED')), "
      "(SELECT count(*) FROM runs WHERE job_number = jobs.number AND outcome IN ('succeeded', 'inconclusive') "
      " AND number NOT IN (SELECT run_number FROM results)) "
      "FROM jobs");
  while (jobs.next()) {
    if (missing.erase(jobs.bytes(0)) == 0) ++accounts.uninvited;
    if (jobs.integer(1) == 0) ++accounts.unfinished;
    if (jobs.integer(2) > 1 || jobs.integer(3) > 1) ++accounts.doubled;
    if (jobs.integer(2) == 0 || jobs.integer(4) > 0) ++accounts.lost;
  }
  must(jobs);
  accounts.lost += missing.size();

  store::Statement outcomes = database->query(
      "SELECT coalesce(outcome, 'unfinished'), reason, count(*) FROM runs GROUP BY outcome, reason ORDER BY 3 DESC");
  while (outcomes.next()) {
    const std::string reason = outcomes.bytes(1);
    accounts.outcomes[outcomes.bytes(0) + (reason.empty() ? "" : " " + reason)] =
        static_cast<std::size_t>(outcomes.integer(2));
  }
  must(outcomes);
  store::Statement attempts = database->query("SELECT count(*) FROM attempts");
  if (attempts.next()) accounts.attempts = static_cast<std::size_t>(attempts.integer(0));
  must(attempts);
  return accounts;
}

std::map<std::string, std::vector<Attempt>> attempts_of_boards(const std::filesystem::path& data_folder) {
  std::map<std::string, std::vector<Attempt>> boards;
  const auto database = must_open(data_folder);
  store::Statement rows = database->query(
      "SELECT board_id, start_time_us, finish_time_us, counts_as_failure FROM attempts "
      "WHERE outcome IS NOT NULL ORDER BY start_time_us");
  while (rows.next()) boards[rows.bytes(0)].push_back({rows.integer(1), rows.integer(2), rows.integer(3) == 0});
  must(rows);
  return boards;
}

Window full_queue(const std::filesystem::path& data_folder, std::int64_t accepted_us) {
  const auto database = must_open(data_folder);
  store::Statement last = database->query("SELECT max(start_time_us) FROM attempts WHERE number = 1");
  const std::int64_t end_us = last.next() ? last.integer(0) : 0;
  must(last);
  return {accepted_us, end_us};
}

Throughput throughput(const std::map<std::string, std::vector<Attempt>>& boards,
                      const std::map<std::string, LineTimes>& lines, const Window& window) {
  Throughput result;
  double busy_us = 0;
  double finished = 0;
  for (const auto& [board_id, attempts] : boards) {
    const LineTimes& line = lines.at(board_id);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      const Attempt& attempt = attempts[i];
      const std::int64_t begin = std::max(attempt.start_us, window.begin_us);
      const std::int64_t end = std::min(attempt.finish_us, window.end_us);
      if (end > begin) busy_us += static_cast<double>(end - begin);
      if (attempt.finish_us > window.begin_us && attempt.finish_us <= window.end_us) finished += attempt.worked ? 1 : 0;
      // A board that failed is not free: it is made ready first.
      const bool has_next = i + 1 < attempts.size() && attempt.worked;
      if (!has_next || attempt.finish_us < window.begin_us || attempts[i + 1].start_us > window.end_us) continue;
      const std::optional<std::int64_t> gap =
          line.gap_us(attempt.finish_us, attempts[i + 1].start_us, attempts[i + 1].finish_us);
      if (gap.has_value()) {
        result.gaps_ms.push_back(static_cast<double>(*gap) / 1000);
      } else {
        ++result.unseen_gaps;
      }
    }
  }
  std::sort(result.gaps_ms.begin(), result.gaps_ms.end());
  const auto length_us = static_cast<double>(window.end_us - window.begin_us);
  if (length_us > 0) {
    result.busy_share = busy_us / length_us / static_cast<double>(lines.size());
    result.runs_per_second = finished / length_us * 1e6;
  }
  return result;
}

}  // namespace tinyrig::bench
