#include "tests/bench/link/results.h"

#include <cstdio>
#include <fstream>

namespace tinyrig::bench {

void print_table(const std::vector<Result>& results) {
  std::printf("%-44s %14s %-8s %10s\n", "metric", "value", "unit", "target");
  for (const Result& result : results) {
    char target[32] = "";
    if (result.target) {
      std::snprintf(target, sizeof target, "%s %.4g", result.more_is_better ? ">=" : "<=", *result.target);
    }
    std::printf("%-44s %14.4f %-8s %10s  %s\n", result.metric.c_str(), result.value, result.unit.c_str(), target,
                !result.target ? ""
                : result.met() ? "met"
                               : "MISSED");
  }
}

bool write_json(const std::vector<Result>& results, const std::string& path) {
  std::ofstream file(path);
  file.precision(12);  // instruction counts, whole
  file << "[\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& result = results[i];
    file << "  {\"metric\": \"" << result.metric << "\", \"value\": " << result.value << ", \"unit\": \"" << result.unit
         << "\", \"target\": ";
    if (result.target) {
      file << *result.target << ", \"met\": " << (result.met() ? "true" : "false");
    } else {
      file << "null, \"met\": null";
    }
    file << "}" << (i + 1 < results.size() ? "," : "") << "\n";
  }
  file << "]\n";
  return file.flush().good();
}

}  // namespace tinyrig::bench
