// Measured numbers of a benchmark beside their targets: a table for people, JSON for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tinyrig::bench {

struct Result {
  std::string metric;
  double value = 0;
  std::string unit;
  std::optional<double> target;
  bool more_is_better = true;

  bool met() const { return !target || (more_is_better ? value >= *target : value <= *target); }
};

void print_table(const std::vector<Result>& results);

/// An array of {"metric", "value", "unit", "target", "met"}; false when the file cannot be written.
bool write_json(const std::vector<Result>& results, const std::string& path);

}  // namespace tinyrig::bench
