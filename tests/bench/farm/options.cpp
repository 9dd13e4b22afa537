#include "tests/bench/farm/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace tinyrig::bench {

FarmOptions parse_farm_options(int argc, char** argv) {
  FarmOptions options;
  CLI::App app("One daemon and many boards: host agents on PTYs whose inferences are paced (a sleep of stated length).",
               "tinyrig-bench-farm");
  app.add_option("--out", options.out, "JSON file to write");
  app.add_option("--folder", options.folder, "Where the daemon's database goes (default: a temporary folder)");
  app.add_option("--boards", options.boards, "Boards on the daemon")->check(CLI::Range(8, 1024))->capture_default_str();
  app.add_option("--jobs", options.jobs, "Jobs of one run each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--paced-us", options.paced_us, "Length of one inference; a run has ten")
      ->check(CLI::Range(1'000, 10'000'000))
      ->capture_default_str();
  app.add_option("--failing", options.failing_share, "Share of the boards that fail at any moment")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  app.add_option("--drain-minutes", options.drain_minutes, "Longest time for the queue to drain")
      ->capture_default_str();
  app.add_option("--soak", options.soak_minutes, "Minutes of steady load under faults, afterwards")
      ->type_name("MINUTES")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the faults")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}

}  // namespace tinyrig::bench
