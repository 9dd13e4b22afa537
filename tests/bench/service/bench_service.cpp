// ./rig bench service: the API under load beside a bare gRPC server, a hundred pages of the dashboard, and a day of
// operation in fast time. Exit code 3: a target was missed.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/farm/process_use.h"
#include "tests/bench/link/results.h"
#include "tests/bench/service/bare_server.h"
#include "tests/bench/service/fast_day.h"
#include "tests/bench/service/open_loop.h"
#include "tests/bench/service/pages.h"
#include "tests/bench/service/service.h"
#include "tests/bench/store/timing.h"
#include "tests/support/store/store_fixture.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/leaderboard.pb.h"
#include "tinyrig/v1/run.pb.h"
#include "tinyrig/v1/system.pb.h"

namespace tinyrig::bench {
namespace {

using testing_support::kTestTime;

// Jobs that are in the store before calls are timed.
constexpr int kStoredJobs = 2'000;
// Turns of each server, so that both meet the same machine.
constexpr int kTurns = 4;
// A call that changes nothing may take so much longer than the same bytes do without a service behind them, at p99.
constexpr double kMostOverBareMs = 5;
// What waits for the disk.
constexpr double kMostSubmitMs = 25;
constexpr double kMostGrowth = 0.05;
// They read along in the day; how many there may be is for the pages' own part.
constexpr int kDayPages = 10;

struct Options {
  std::string out;
  std::string dir = std::filesystem::temp_directory_path().string();
  double per_second = 200;
  int seconds = 60;
  int pages = 100;
  int hours = 24;
};

std::string submission(std::size_t i) {
  v1::SubmitJobRequest request;
  request.mutable_spec()->add_models("m" + std::string(1, "0123456789abcdef"[i % 16]));
  request.mutable_spec()->add_boards("type-" + std::string(1, "abc"[i % 3]));
  return request.SerializeAsString();
}

// The methods that pages and clients call all day, with requests as they send them.
std::vector<Call> main_calls(Service& service) {
  const auto channel = service.channel();
  v1::SubmitJobResponse submitted;
  std::string job_id;
  std::string run_id;
  for (int i = 0; i < kStoredJobs; ++i) {
    submitted.ParseFromString(
        answer_of(channel, "/tinyrig.v1.JobService/SubmitJob", submission(static_cast<std::size_t>(i))));
    if (i > 0) continue;
    job_id = submitted.job().job_id();
    run_id = submitted.job().runs(0).run_id();
  }
  const auto always = [](const auto& request) {
    return [bytes = request.SerializeAsString()](std::size_t) { return bytes; };
  };
  v1::GetJobRequest job;
  job.set_job_id(job_id);
  v1::GetRunRequest run;
  run.set_run_id(run_id);
  return {{"/tinyrig.v1.SystemService/GetVersion", always(v1::GetVersionRequest())},
          {"/tinyrig.v1.BoardService/ListBoards", always(v1::ListBoardsRequest())},
          {"/tinyrig.v1.JobService/GetJob", always(job)},
          {"/tinyrig.v1.JobService/ListJobs", always(v1::ListJobsRequest())},
          {"/tinyrig.v1.RunService/GetRun", always(run)},
          {"/tinyrig.v1.LeaderboardService/QueryLeaderboard", always(v1::QueryLeaderboardRequest())},
          {"/tinyrig.v1.JobService/SubmitJob", submission}};
}

std::string short_name(const std::string& method) { return method.substr(method.rfind('/') + 1); }

void bench_calls(const std::filesystem::path& folder, const Options& options, std::vector<Result>& results) {
  const SystemClock clock;
  Service service(folder, clock, {}, /*boards_per_type=*/8);
  service.add_models();
  service.play_boards();
  const std::vector<Call> calls = main_calls(service);
  std::map<std::string, std::string> answers;
  for (const Call& call : calls) answers[call.method] = answer_of(service.channel(), call.method, call.request(0));
  const BareServer bare(answers);
  const auto ours = service.channel();
  const auto theirs = bare.channel();
  const std::chrono::seconds turn(std::max(1, options.seconds / kTurns / 2));
  CallTimes warm_up;
  run_open_loop(ours, calls, options.per_second, std::chrono::seconds(2), &warm_up);
  run_open_loop(theirs, calls, options.per_second, std::chrono::seconds(2), &warm_up);
  CallTimes service_times;
  CallTimes bare_times;
  for (int i = 0; i < kTurns; ++i) {
    run_open_loop(theirs, calls, options.per_second, turn, &bare_times);
    run_open_loop(ours, calls, options.per_second, turn, &service_times);
  }
  results.push_back({"api/rate", options.per_second, "calls/s", {}});
  results.push_back({"api/failed", static_cast<double>(service_times.failed), "calls", 0, false});
  for (const Call& call : calls) {
    const std::string name = "api/" + short_name(call.method);
    const std::vector<double>& mine = service_times.seconds[call.method];
    const std::vector<double>& plain = bare_times.seconds[call.method];
    if (mine.empty() || plain.empty()) continue;  // api/failed says so
    const bool writes = short_name(call.method) == "SubmitJob";
    const double p99 = quantile(mine, 0.99) * 1e3;
    const double over = p99 - quantile(plain, 0.99) * 1e3;
    results.push_back({name + "/answer", static_cast<double>(answers[call.method].size()), "bytes", {}});
    results.push_back({name + "/p50", quantile(mine, 0.5) * 1e3, "ms", {}});
    results.push_back({name + "/p50_bare", quantile(plain, 0.5) * 1e3, "ms", {}});
    results.push_back({name + "/p99", p99, "ms", {}});
    results.push_back({name + "/p99_bare", quantile(plain, 0.99) * 1e3, "ms", {}});
    results.push_back({name + "/p99_over_bare", over, "ms", writes ? kMostSubmitMs : kMostOverBareMs, false});
  }
}

// Growth of the last quarter over the second, when all is warm.
double growth_of(const std::vector<double>& values) {
  const std::size_t quarter = values.size() / 4;
  if (quarter == 0) return 0;
  double second = 0;
  double last = 0;
  for (std::size_t i = 0; i < quarter; ++i) {
    second += values[quarter + i];
    last += values[values.size() - quarter + i];
  }
  return last / second - 1;
}

// Jobs at a steady rate, while every page reads every event.
void bench_pages(const std::filesystem::path& folder, const Options& options, std::vector<Result>& results) {
  constexpr double kJobsPerSecond = 10;
  const SystemClock clock;
  auto service = std::make_unique<Service>(folder, clock, store::Retention(), /*boards_per_type=*/8);
  service->add_models();
  service->play_boards();
  Pages pages(service->http_port(), options.pages);
  const std::vector<Call> submit = {{"/tinyrig.v1.JobService/SubmitJob", submission}};
  CallTimes times;
  std::vector<double> memory;
  const std::uint64_t first = service->last_sequence();
  const Stopwatch watch;
  constexpr int kParts = 12;
  for (int i = 0; i < kParts; ++i) {
    run_open_loop(service->channel(), submit, kJobsPerSecond,
                  std::chrono::seconds(std::max(1, options.seconds / kParts)), &times);
    memory.push_back(use_of(getpid()).resident_kib);
  }
  // The queue tells nobody that it is empty.
  while (service->queue().queued_runs() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::uint64_t last = service->last_sequence();
  const bool all_read = pages.wait_for(last);
  const double seconds = watch.seconds();
  service.reset();
  results.push_back({"pages/pages", static_cast<double>(options.pages), "", {}});
  results.push_back({"pages/events", static_cast<double>(last - first), "events", {}});
  results.push_back({"pages/messages_per_s", static_cast<double>(pages.events()) / seconds, "1/s", {}});
  results.push_back({"pages/lost", static_cast<double>(pages.lost()) + (all_read ? 0 : 1), "events", 0, false});
  results.push_back({"pages/memory", memory.back() / 1024, "MiB", {}});
  results.push_back({"pages/memory_growth", growth_of(memory), "ratio", kMostGrowth, false});
}

// Least squares, per hour, from a quarter on.
double slope_of(const std::vector<double>& values) {
  const std::size_t first = values.size() / 4;
  const auto n = static_cast<double>(values.size() - first);
  double x_sum = 0;
  double y_sum = 0;
  double xy = 0;
  double xx = 0;
  for (std::size_t i = first; i < values.size(); ++i) {
    const auto x = static_cast<double>(i);
    x_sum += x;
    y_sum += values[i];
    xy += x * values[i];
    xx += x * x;
  }
  const double divisor = n * xx - x_sum * x_sum;
  return divisor == 0 ? 0 : (n * xy - x_sum * y_sum) / divisor;
}

void bench_day(const std::filesystem::path& folder, const Options& options, std::vector<Result>& results) {
  const FastDay day = run_fast_day(folder, options.hours, kDayPages);
  std::vector<double> memory;
  std::vector<double> descriptors;
  for (const ProcessUse& use : day.use) {
    memory.push_back(use.resident_kib);
    descriptors.push_back(static_cast<double>(use.descriptors));
  }
  const auto count = [&results](const char* name, std::uint64_t value, std::optional<double> target,
                                bool more = false) {
    results.push_back({std::string("day/") + name, static_cast<double>(value), "", target, more});
  };
  count("hours", day.use.size(), {});
  results.push_back({"day/took", day.seconds, "s", {}});
  count("jobs", day.jobs, {});
  count("attempts_failed", day.attempts_failed, {});
  count("lost_jobs", day.lost_jobs, 0);
  count("backups", day.backups, {});
  count("lost_in_backups", day.lost_in_backups, 0);
  count("recordings_removed", day.recordings_removed, {});
  results.push_back({"day/most_recordings", static_cast<double>(day.most_recording_bytes) / 1e6, "MB",
                     static_cast<double>(kDayQuotaBytes) / 1e6, false});
  // Retention must have been at work.
  count("samples_removed", day.samples_removed, 1, true);
  count("logs_removed", day.logs_removed, 1, true);
  count("models_removed", day.models_removed, 1, true);
  count("page_events", day.page_events, {});
  count("page_events_lost", day.page_events_lost, 0);
  if (memory.empty()) return;
  results.push_back({"day/memory", memory.back() / 1024, "MiB", {}});
  results.push_back({"day/memory_growth", growth_of(memory), "ratio", kMostGrowth, false});
  results.push_back({"day/memory_slope", slope_of(memory), "KiB/h", {}});
  results.push_back({"day/descriptors", descriptors.back(), "", {}});
  results.push_back({"day/descriptors_growth", growth_of(descriptors), "ratio", kMostGrowth, false});
}

}  // namespace
}  // namespace tinyrig::bench

int main(int argc, char** argv) {
  using namespace tinyrig::bench;
  CLI::App app{"Measures the service: its API, pages of the dashboard, and a day in fast time."};
  Options options;
  std::vector<std::string> only = {"api", "pages", "day"};
  app.add_option("--out", options.out, "JSON file to write");
  app.add_option("--dir", options.dir, "folder on the disk to measure; what is made in it is removed")
      ->capture_default_str();
  app.add_option("--only", only, "api, pages, day")->check(CLI::IsMember({"api", "pages", "day"}));
  app.add_option("--rate", options.per_second, "calls per second, of all methods together")->capture_default_str();
  app.add_option("--seconds", options.seconds, "length of the first two")->capture_default_str();
  app.add_option("--pages", options.pages, "pages of the dashboard")->capture_default_str();
  app.add_option("--hours", options.hours, "length of the day")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  spdlog::set_level(spdlog::level::warn);
  setenv("TMPDIR", options.dir.c_str(), 1);
  const tinyrig::testing_support::TemporaryFolder folder;
  std::vector<Result> results;
  const auto wanted = [&only](const char* name) { return std::find(only.begin(), only.end(), name) != only.end(); };
  if (wanted("api")) bench_calls(folder.path() / "api", options, results);
  if (wanted("pages")) bench_pages(folder.path() / "pages", options, results);
  if (wanted("day")) bench_day(folder.path() / "day", options, results);
  print_table(results);
  if (!options.out.empty() && !write_json(results, options.out)) {
    std::fprintf(stderr, "%s: cannot write\n", options.out.c_str());
    return 1;
  }
  return std::all_of(results.begin(), results.end(), [](const Result& result) { return result.met(); }) ? 0 : 3;
}
