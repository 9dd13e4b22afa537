#include "tests/bench/store/bench_queue.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/bench/store/timing.h"
#include "tests/support/store/queue_farm.h"

namespace tinyrig::bench {
namespace {

using testing_support::QueueFarm;

/// A planner of `runs` runs of one type, for jobs greater than a test farm has cells.
jobs::Planner planner_of(int runs) {
  return [runs](const v1::JobSpec& spec) -> absl::StatusOr<jobs::JobPlan> {
    jobs::JobPlan plan;
    plan.spec = spec;
    for (int i = 0; i < runs; ++i) {
      plan.runs.push_back({"kws", std::string(64, 'a'), "t", "", "", "tinyrig", std::nullopt});
    }
    return plan;
  };
}

}  // namespace

void bench_take(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr int kJobs = 20;
  constexpr int kRunsPerJob = 5'000;
  QueueFarm farm(dir);
  farm.add_model("kws", 'a');
  jobs::TimeSortedIds ids(farm.clock());
  jobs::JobQueue queue(farm.store(), farm.bus(), farm.clock(), ids, planner_of(kRunsPerJob));
  const Stopwatch submitting;
  for (int i = 0; i < kJobs; ++i) {
    const auto response = testing_support::wait_for_answer<v1::SubmitJobResponse>(
        [&](auto done) { queue.submit(QueueFarm::spec({"kws"}, {"t"}), "", std::move(done)); });
    if (!response.ok()) {
      std::fprintf(stderr, "submit: %s\n", response.status().ToString().c_str());
      std::exit(1);
    }
  }
  results.push_back({"accept_runs_per_s", kJobs * kRunsPerJob / submitting.seconds(), "runs/s", {}});
  std::vector<double> times;
  constexpr int kBoards = 256;
  for (int i = 0; i < kJobs * kRunsPerJob; ++i) {
    const jobs::BoardView board{"board-" + std::to_string(i % kBoards), "t", {}};
    const Stopwatch watch;
    if (!queue.take(board).has_value()) break;
    times.push_back(watch.seconds());
    if (i % 10'000 == 0) farm.settle();
  }
  results.push_back({"take_p50_with_100k_waiting", quantile(times, 0.5) * 1e6, "us", {}});
  results.push_back({"take_p99_with_100k_waiting", quantile(times, 0.99) * 1e6, "us", 1'000, false});
}

void bench_whole_runs(const std::filesystem::path& dir, std::vector<Result>& results) {
  constexpr int kRuns = 2'000;
  constexpr int kBoards = 64;
  QueueFarm farm(dir);
  farm.add_model("kws", 'a');
  jobs::TimeSortedIds ids(farm.clock());
  jobs::JobQueue queue(farm.store(), farm.bus(), farm.clock(), ids, planner_of(kRuns));
  (void)testing_support::wait_for_answer<v1::SubmitJobResponse>(
      [&](auto done) { queue.submit(QueueFarm::spec({"kws"}, {"t"}), "", std::move(done)); });
  const Stopwatch watch;
  int taken = 0;
  // As many runs in flight as there are boards; each end is durable before its board goes on.
  while (taken < kRuns) {
    std::vector<jobs::Lease> leases;
    for (int b = 0; b < kBoards; ++b) {
      if (auto lease = queue.take({"board-" + std::to_string(b), "t", {}})) leases.push_back(*std::move(lease));
    }
    if (leases.empty()) break;
    for (const jobs::Lease& lease : leases) {
      queue.set_state(lease.run_id, lease.attempt, v1::RUN_STATE_PREPARING);
      queue.set_state(lease.run_id, lease.attempt, v1::RUN_STATE_MEASURING);
      queue.finish(lease.run_id, lease.attempt, QueueFarm::end_as(v1::OUTCOME_SUCCEEDED));
      ++taken;
    }
    farm.settle();
  }
  results.push_back({"whole_runs_per_s_64_boards", taken / watch.seconds(), "runs/s", 100});
}

}  // namespace tinyrig::bench
