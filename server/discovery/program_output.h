// What a short-lived program says, within a deadline. Started by its argument vector, never through a shell, in a
// process group of its own that is killed at the end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::discovery {

// stdout and stderr together, at most 64 KiB. Its exit code does not matter: some tools fail when asked for their
// version. NOT_FOUND (PROGRAM_MISSING) · DEADLINE_EXCEEDED (PROGRAM_HANGS) · INTERNAL (PROCESS_FAILED).
absl::StatusOr<std::string> program_output(const std::vector<std::string>& argv, std::chrono::milliseconds timeout);

}  // namespace tinyrig::discovery
