#include "tests/bench/store/timing.h"

#include <algorithm>

#include "server/stats/stats.h"

namespace tinyrig::bench {

double quantile(std::vector<double> times, double p) {
  std::sort(times.begin(), times.end());
  return stats::quantile_sorted(times, p);
}

}  // namespace tinyrig::bench
