// Table energy_captures: recordings as one zstd frame each, beside what they are.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace tinyrig::store {

/// Runs inside its caller's transaction.
absl::Status write_capture(Connection& database, std::int64_t run_number, const PackedCapture& capture);

/// NOT_FOUND RUN_UNKNOWN, CAPTURE_MISSING, CAPTURE_REMOVED; DATA_LOSS STORE_CORRUPT.
absl::StatusOr<Capture> read_capture(Connection& database, const std::string& run_id);

}  // namespace tinyrig::store
