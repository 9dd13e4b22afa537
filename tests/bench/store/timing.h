// Wall time of work, and quantiles of many times.
#pragma once

#include <chrono>
#include <vector>

namespace tinyrig::bench {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Quantile p (0..1), type 7. `times` must not be empty.
double quantile(std::vector<double> times, double p);

}  // namespace tinyrig::bench
