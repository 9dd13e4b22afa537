// Audits a tree of MLPerf Tiny results, or a part of it: finds the folders of runs, reads their files within limits,
// and holds them against the rules. Follows no symbolic link, opens nothing but regular files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/mlperf/rules.h"

namespace tinyrig::mlperf {

struct AuditLimits {
  std::size_t max_entries = 1'000'000;  // of the tree
  std::size_t max_runs = 10'000;
  int max_depth = 32;
  std::uintmax_t max_log_bytes = std::uintmax_t{500} << 20;  // FILE_SIZE_LIMIT_MB of the official checker
  std::uintmax_t max_file_bytes = std::uintmax_t{64} << 20;  // of what is held in memory as a whole
};

struct AuditReport {
  std::vector<RunReport> runs;
  std::vector<Finding> findings;  // of the tree; `file` is a path in it

  std::size_t count(Severity severity) const;
  std::size_t count(Verdict verdict) const;
};

/// INVALID_ARGUMENT FOLDER_UNREADABLE: there is no such folder. NOT_FOUND NO_RUNS: no folder has log.txt or
/// results.txt.
absl::StatusOr<AuditReport> audit(const std::filesystem::path& folder, const AuditLimits& limits = {});

}  // namespace tinyrig::mlperf
