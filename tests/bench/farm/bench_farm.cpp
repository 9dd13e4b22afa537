// tinyrig-bench-farm: one daemon and hundreds of boards on this machine. Floor, memory per board, a long queue that
// drains while boards fail, and what the store and the lines say about it; then, when asked for, a soak.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <thread>

#include "tests/bench/farm/audit.h"
#include "tests/bench/farm/faults.h"
#include "tests/bench/farm/floor.h"
#include "tests/bench/farm/host_farm.h"
#include "tests/bench/farm/options.h"
#include "tests/bench/farm/process_use.h"
#include "tests/bench/farm/submit_jobs.h"
#include "tests/bench/link/results.h"
#include "tests/support/rig/rig.h"

namespace {

using namespace tinyrig;
using namespace std::chrono_literals;
using bench::Result;
using SteadyClock = std::chrono::steady_clock;

constexpr double kGapTargetMs = 50;
// Soak: growth of memory after its first quarter, as a share, and descriptors beyond those of the first half.
constexpr double kFlatShare = 0.05;
constexpr double kFlatDescriptors = 8;
constexpr char kModel[] = "digits";

std::atomic<bool> stopped = false;

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stopped = true; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

// A board needs six descriptors here.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

std::int64_t now_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

v1::JobSpec one_run() {
  v1::JobSpec spec;
  spec.add_models(kModel);
  spec.add_boards("host");
  spec.add_measurements(v1::MEASUREMENT_LATENCY);
  spec.mutable_settings()->set_sessions(1);
  spec.mutable_settings()->set_warmup(1);
  spec.mutable_settings()->set_iterations(1);
  return spec;
}

class FarmBench {
 public:
  explicit FarmBench(const bench::FarmOptions& options)
      : options_(options),
        data_folder_((options.folder.empty() ? folder_.path() : options.folder) / "data"),
        farm_(folder_.path() / "farm", options.boards, options.paced_us) {}

  int run() {
    say_settings();
    measure_floor();
    start_boards();
    if (!stopped) measure_memory();
    if (!stopped) load_and_drain();
    if (!stopped && options_.soak_minutes > 0) soak();
    daemon_.reset();
    if (stopped) return 130;
    bench::print_table(results_);
    if (!options_.out.empty() && !bench::write_json(results_, options_.out.string())) {
      std::fprintf(stderr, "%s: cannot write\n", options_.out.c_str());
      return 1;
    }
    const bool met = std::all_of(results_.begin(), results_.end(), [](const Result& result) { return result.met(); });
    return met ? 0 : 3;
  }

 private:
  void add(std::string metric, double value, std::string unit, std::optional<double> target = {},
           bool more_is_better = false) {
    results_.push_back({std::move(metric), value, std::move(unit), target, more_is_better});
  }

  void say_settings() {
    add("settings/boards", static_cast<double>(options_.boards), "host agents on PTYs");
    add("settings/paced_inference", options_.paced_us, "us of sleep: results are marked invalid");
    add("settings/failing", options_.failing_share, "of the boards");
    add("settings/seed", options_.seed, "of the faults");
  }

  void measure_floor() {
    for (const std::size_t bytes : {20, 300}) {
      add("floor/pty_round_trip_" + std::to_string(bytes) + "_bytes", bench::pty_round_trip_us(bytes), "us");
    }
    std::filesystem::create_directories(data_folder_);
    add("floor/fsync_4_KiB", bench::fsync_us(data_folder_), "us");
  }

  void start_boards() {
    std::filesystem::create_directories(folder_.path() / "farm");
    const absl::Status started = farm_.start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
    std::printf("%zu boards are on\n", options_.boards);
  }

  // Returns when all boards of it are ready for work.
  void start_daemon(const std::filesystem::path& farm_file, std::size_t boards, const std::filesystem::path& data) {
    daemon_.reset();
    test::DaemonOptions options;
    options.data_folder = data;
    options.farm_files = {farm_file};
    options.more_arguments = {"--log-level", "warning"};
    daemon_ = std::make_unique<test::Daemon>(folder_.path(), options);
    const bool ready = test::wait_until(daemon_->process(), test::within(120s), [&] {
      const std::vector<v1::Board> all = daemon_->api().boards("host");
      const auto idle = std::count_if(all.begin(), all.end(), [](const v1::Board& board) {
        return board.activity() == v1::ACTIVITY_IDLE && board.health() == v1::HEALTH_GOOD;
      });
      return stopped || static_cast<std::size_t>(idle) == boards;
    });
    if (!ready) throw std::runtime_error("not every board became ready:\n" + daemon_->log());
  }

  bench::ProcessUse daemon_use() { return bench::use_of(daemon_->process().pid()); }

  void measure_memory() {
    const std::size_t fewer = options_.boards / 4;
    start_daemon(farm_.smaller_farm_file(fewer), fewer, folder_.path() / "small");
    const bench::ProcessUse small = daemon_use();
    const auto begin = SteadyClock::now();
    start_daemon(farm_.farm_file(), options_.boards, data_folder_);
    const bench::ProcessUse whole = daemon_use();
    add("start/all_boards_proven", seconds_since(begin), "s");
    const auto more = static_cast<double>(options_.boards - fewer);
    add("memory/daemon", whole.resident_kib / 1024, "MiB");
    add("memory/per_board", (whole.resident_kib - small.resident_kib) / more, "KiB");
    add("memory/descriptors_per_board",
        (static_cast<double>(whole.descriptors) - static_cast<double>(small.descriptors)) / more, "");
  }

  void submit(std::size_t count) {
    const bench::Submitted submitted =
        bench::submit_jobs(daemon_->grpc_port(), one_run(), accepted_.size(), count, stopped);
    accepted_.insert(accepted_.end(), submitted.job_ids.begin(), submitted.job_ids.end());
    retries_ += submitted.retries;
    accept_seconds_ = submitted.seconds;
  }

  void load_and_drain() {
    const std::filesystem::path models = test::programs().source / "models";
    const test::Ended added = daemon_->cli(
        {"models", "add", (models / "digits.tflite").string(), "--expected", (models / "digits.json").string()});
    if (added.exit_code != 0) throw std::runtime_error(added.output);
    const double daemon_before = daemon_use().cpu_seconds;
    farm_.record(true);
    submit(options_.jobs);
    if (stopped) return;
    const std::int64_t accepted_us = now_us();
    add("queue/jobs_accepted", static_cast<double>(accepted_.size()), "jobs", static_cast<double>(options_.jobs), true);
    add("queue/accepted_per_second", static_cast<double>(accepted_.size()) / accept_seconds_, "jobs/s");
    add("memory/daemon_queue_full", daemon_use().resident_kib / 1024, "MiB");
    std::printf("%zu jobs accepted in %.1f s\n", accepted_.size(), accept_seconds_);

    const auto begin = SteadyClock::now();
    const double daemon_cpu = daemon_use().cpu_seconds;
    std::size_t faults = 0;
    {
      const bench::Faults broken(farm_, options_.failing_share, options_.seed);
      drain(begin);
      faults = broken.total();
      add("drain/failing_at_once", static_cast<double>(broken.at_once()), "boards");
      for (int kind = 0; kind < bench::Faults::kKinds; ++kind) {
        const auto which = static_cast<bench::Faults::Kind>(kind);
        add(std::string("drain/faults/") + bench::Faults::name_of(which), static_cast<double>(broken.count(which)), "");
      }
    }
    if (stopped) return;
    add("drain/seconds", seconds_since(begin), "s");
    report_drain(accepted_us, faults);
    const double total_cpu = daemon_use().cpu_seconds;
    const double done = std::max(1.0, static_cast<double>(accepted_.size()));
    add("cpu/daemon_per_job", (total_cpu - daemon_before) / done * 1000, "ms");
    add("cpu/daemon_in_drain", (total_cpu - daemon_cpu) / seconds_since(begin), "cores");
  }

  void drain(SteadyClock::time_point begin) {
    const auto limit = std::chrono::duration<double>(options_.drain_minutes * 60);
    auto say_at = SteadyClock::now() + 30s;
    while (!stopped && SteadyClock::now() - begin < limit) {
      const std::int64_t left = bench::unfinished_jobs(data_folder_);
      if (left == 0) return;
      if (!daemon_->process().running()) throw std::runtime_error("the daemon ended:\n" + daemon_->log());
      if (SteadyClock::now() >= say_at) {
        std::printf("%lld jobs left after %.0f s\n", static_cast<long long>(left), seconds_since(begin));
        std::fflush(stdout);
        say_at += 30s;
      }
      std::this_thread::sleep_for(500ms);  // looks from outside, seldom: asking costs what is measured
    }
  }

  void report_drain(std::int64_t accepted_us, std::size_t faults) {
    const bench::Window window = bench::full_queue(data_folder_, accepted_us);
    const auto attempts = bench::attempts_of_boards(data_folder_);
    const bench::Throughput seen = bench::throughput(attempts, farm_.take_line_times(), window);
    add("drain/runs_per_second", seen.runs_per_second, "1/s");
    add("drain/busy_share", seen.busy_share, "of the boards' time");
    add("drain/free_to_next_run_p50", percentile(seen.gaps_ms, 0.50), "ms");
    add("drain/free_to_next_run_p99", percentile(seen.gaps_ms, 0.99), "ms", kGapTargetMs);
    add("drain/free_to_next_run_max", percentile(seen.gaps_ms, 1), "ms");
    add("drain/free_to_next_run_count", static_cast<double>(seen.gaps_ms.size()), "");
    add("drain/free_to_next_run_unseen", static_cast<double>(seen.unseen_gaps), "");

    const bench::Accounts accounts = bench::audit(data_folder_, accepted_);
    add("drain/unfinished", static_cast<double>(accounts.unfinished), "jobs", 0);
    add("drain/lost", static_cast<double>(accounts.lost), "jobs", 0);
    add("drain/doubled", static_cast<double>(accounts.doubled), "jobs", 0);
    add("drain/uninvited", static_cast<double>(accounts.uninvited), "jobs", 0);
    add("drain/faults", static_cast<double>(faults), "");
    add("drain/attempts", static_cast<double>(accounts.attempts), "");
    add("drain/submissions_asked_again", static_cast<double>(retries_), "");
    for (const auto& [outcome, count] : accounts.outcomes) {
      add("drain/outcome/" + outcome, static_cast<double>(count), "runs");
    }
  }

  struct Sample {
    double minutes = 0;
    bench::ProcessUse use;
  };

  void soak() {
    std::printf("soak: %.1f minutes\n", options_.soak_minutes);
    std::vector<Sample> samples;
    const auto begin = SteadyClock::now();
    {
      const bench::Faults broken(farm_, options_.failing_share, options_.seed + 1);
      while (!stopped && seconds_since(begin) < options_.soak_minutes * 60) {
        const std::int64_t left = bench::unfinished_jobs(data_folder_);  // -1: cannot be read now
        if (left >= 0 && left < static_cast<std::int64_t>(2 * options_.boards)) {
          submit(4 * options_.boards);
        }
        if (!daemon_->process().running()) throw std::runtime_error("the daemon ended:\n" + daemon_->log());
        samples.push_back({seconds_since(begin) / 60, daemon_use()});
        std::this_thread::sleep_for(1s);  // between two samples of memory and descriptors
      }
      if (stopped || samples.size() < 8) return;
      add("soak/faults", static_cast<double>(broken.total()), "");
    }
    drain(SteadyClock::now());
    report_soak(samples);
  }

  void report_soak(const std::vector<Sample>& samples) {
    const auto mean_kib = [&](std::size_t first, std::size_t end) {
      double sum = 0;
      for (std::size_t i = first; i < end; ++i) sum += samples[i].use.resident_kib;
      return sum / static_cast<double>(end - first);
    };
    const auto most_descriptors = [&](std::size_t first, std::size_t end) {
      std::size_t most = 0;
      for (std::size_t i = first; i < end; ++i) most = std::max(most, samples[i].use.descriptors);
      return static_cast<double>(most);
    };
    const std::size_t count = samples.size();
    constexpr std::size_t kShown = 10;
    for (std::size_t i = 0; i <= kShown; ++i) {
      const Sample& sample = samples[(count - 1) * i / kShown];
      char name[64];
      std::snprintf(name, sizeof name, "soak/memory_at_%04.1f_min", sample.minutes);
      add(name, sample.use.resident_kib / 1024, "MiB");
      std::snprintf(name, sizeof name, "soak/descriptors_at_%04.1f_min", sample.minutes);
      add(name, static_cast<double>(sample.use.descriptors), "");
    }
    const double second = mean_kib(count / 4, count / 2), last = mean_kib(count * 3 / 4, count);
    add("soak/memory_growth", last / second - 1, "last quarter over second", kFlatShare);
    add("soak/descriptors_growth", most_descriptors(count / 2, count) - most_descriptors(0, count / 2),
        "most of each half", kFlatDescriptors);
    const bench::Accounts accounts = bench::audit(data_folder_, accepted_);
    add("soak/jobs", static_cast<double>(accepted_.size()), "with those of the drain");
    add("soak/unfinished", static_cast<double>(accounts.unfinished), "jobs", 0);
    add("soak/lost", static_cast<double>(accounts.lost), "jobs", 0);
    add("soak/doubled", static_cast<double>(accounts.doubled), "jobs", 0);
    add("soak/uninvited", static_cast<double>(accounts.uninvited), "jobs", 0);
  }

  const bench::FarmOptions options_;
  const test::ShortFolder folder_;
  const std::filesystem::path data_folder_;
  bench::HostFarm farm_;
  std::unique_ptr<test::Daemon> daemon_;
  std::vector<std::string> accepted_;
  std::size_t retries_ = 0;
  double accept_seconds_ = 0;
  std::vector<Result> results_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::FarmOptions options = bench::parse_farm_options(argc, argv);
  stop_on_signals();
  allow_many_files();
  spdlog::set_level(spdlog::level::off);  // the emulator's parts would tell of every agent that is killed
  try {
    return FarmBench(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tinyrig-bench-farm: %s\n", error.what());
    return 1;
  }
}
