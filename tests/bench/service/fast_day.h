// A day of operation in fast time: the clock of queue, events and retention is moved on by hand, the rest is real. Jobs
// come in over gRPC, played boards take their time and fail, instruments record, retention removes, backups are taken
// over gRPC and verified, pages of the dashboard read along.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "tests/bench/farm/process_use.h"

namespace tinyrig::bench {

struct FastDay {
  std::uint64_t jobs = 0;
  std::uint64_t attempts_failed = 0;
  /// Accepted jobs that have not succeeded with a result in the end, as a store that is opened anew tells.
  std::uint64_t lost_jobs = 0;
  /// Jobs that had finished before a backup began, without their result in it.
  std::uint64_t lost_in_backups = 0;
  std::uint64_t backups = 0;
  std::uint64_t recordings_removed = 0;
  std::uint64_t most_recording_bytes = 0;
  std::uint64_t samples_removed = 0;
  std::uint64_t logs_removed = 0;
  std::uint64_t models_removed = 0;
  std::uint64_t page_events = 0;
  std::uint64_t page_events_lost = 0;
  double seconds = 0;
  /// Of this process, every hour.
  std::vector<ProcessUse> use;
};

inline constexpr std::uint64_t kDayQuotaBytes = 20'000'000;

/// `folder` is empty. Prints a line an hour.
FastDay run_fast_day(const std::filesystem::path& folder, int hours, int pages);

}  // namespace tinyrig::bench
