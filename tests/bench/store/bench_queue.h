// The queue with a hundred thousand runs waiting, and whole runs through queue and store.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/bench/link/results.h"

namespace tinyrig::bench {

void bench_take(const std::filesystem::path& dir, std::vector<Result>& results);
void bench_whole_runs(const std::filesystem::path& dir, std::vector<Result>& results);

}  // namespace tinyrig::bench
