// The least that the machine takes for what a run cannot do without, measured in the same run.
#pragma once

#include <cstddef>
#include <filesystem>

namespace tinyrig::bench {

// Median, microseconds: `bytes` into a raw PTY, as many back from a process that answers, on an idle machine.
double pty_round_trip_us(std::size_t bytes);

// Median, microseconds: 4 KiB appended to a file in `folder`, and fsync.
double fsync_us(const std::filesystem::path& folder);

}  // namespace tinyrig::bench
