// An audit of MLPerf Tiny results as text and as JSON. Pure functions.
#pragma once

#include <string>

#include "server/mlperf/audit.h"

namespace tinyrig::client {

/// A table of the runs' figures, the findings as FILE:LINE lines, and a summary.
std::string mlperf_text(const mlperf::AuditReport& report);
/// The same as one JSON object; docs/mlperf.md.
std::string mlperf_json(const mlperf::AuditReport& report);

}  // namespace tinyrig::client
