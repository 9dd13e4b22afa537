// The answer to GET /metrics.
#pragma once

#include <string>

#include "server/metrics/event_metrics.h"
#include "server/metrics/state_metrics.h"

namespace tinyrig::metrics {

/// Prometheus' text format 0.0.4, families by name.
std::string metrics_text(const EventMetrics& events, const StateMetrics& state);

}  // namespace tinyrig::metrics
