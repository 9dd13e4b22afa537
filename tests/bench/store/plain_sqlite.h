// What to measure the store against: SQLite's C API by hand, WAL and synchronous=FULL as the store has it,
// prepared statements, nothing in between.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace tinyrig::bench {

/// Seconds of each commit of `rows_per_commit` log-like rows into a table with one index.
std::vector<double> plain_commits(const std::filesystem::path& dir, std::size_t commits, std::size_t rows_per_commit);

/// Samples per second as rows (run, session, place, ticks), 10,000 rows per commit.
double plain_sample_rows_per_s(const std::filesystem::path& dir, std::size_t samples);

}  // namespace tinyrig::bench
