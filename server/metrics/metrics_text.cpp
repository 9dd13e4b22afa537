#include "server/metrics/metrics_text.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace tinyrig::metrics {

std::string metrics_text(const EventMetrics& events, const StateMetrics& state) {
  std::vector<prometheus::MetricFamily> families = events.collect();
  std::vector<prometheus::MetricFamily> now = state.collect();
  std::move(now.begin(), now.end(), std::back_inserter(families));
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tinyrig::metrics
