// What the daemon's own store says about the drain, read from its file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/farm/line_times.h"

namespace tinyrig::bench {

// Jobs without an end yet; -1 when the store cannot be read just now.
std::int64_t unfinished_jobs(const std::filesystem::path& data_folder);

struct Accounts {
  std::size_t lost = 0;                         // accepted, and not in the store or without its run
  std::size_t doubled = 0;                      // one for two submissions, with two runs, or ended by two attempts
  std::size_t uninvited = 0;                    // in the store, and never accepted
  std::size_t unfinished = 0;                   // without an end
  std::map<std::string, std::size_t> outcomes;  // of runs, with their reasons
  std::size_t attempts = 0;
};
// Throws std::runtime_error when the store cannot be read.
Accounts audit(const std::filesystem::path& data_folder, const std::vector<std::string>& accepted_job_ids);

struct Attempt {
  std::int64_t start_us = 0;
  std::int64_t finish_us = 0;
  bool worked = false;  // nothing against the board
};
// Of each board, in order of time; ended ones only.
std::map<std::string, std::vector<Attempt>> attempts_of_boards(const std::filesystem::path& data_folder);

// From when all jobs were accepted until a board took the last that no board had had: work for all of them waits.
struct Window {
  std::int64_t begin_us = 0;
  std::int64_t end_us = 0;
};
Window full_queue(const std::filesystem::path& data_folder, std::int64_t accepted_us);

struct Throughput {
  std::vector<double> gaps_ms;  // sorted: from a board's last byte of a run to the next run's first
  std::size_t unseen_gaps = 0;  // the line does not show
  double busy_share = 0;
  double runs_per_second = 0;
};
Throughput throughput(const std::map<std::string, std::vector<Attempt>>& boards,
                      const std::map<std::string, LineTimes>& lines, const Window& window);

}  // namespace tinyrig::bench
