// A run's profile as a file for other tools: Chrome's trace events, CSV. Pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::exporting {

/// FAILED_PRECONDITION PROFILE_MISSING: the run has no profile (not yet, not asked for, or it failed).
/// INVALID_ARGUMENT FORMAT_UNKNOWN.
absl::StatusOr<v1::ExportProfileResponse> export_profile(const v1::Run& run, v1::ProfileFormat format);

/// Both of a run that has a profile.
std::string chrome_trace(const v1::Run& run);
std::string profile_csv(const v1::Run& run);

}  // namespace tinyrig::exporting
