#include "server/dut/runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/mlperf/numbers.h"
#include "server/mlperf/quality.h"
#include "server/mlperf/script_file.h"
#include "server/mlperf/text.h"

namespace tinyrig::dut {
namespace {

using mlperf::concat;
using Milliseconds = DutClient::Milliseconds;

constexpr double kMargin = 1.03;  // over ten seconds: windows differ
constexpr int kMaxAttempts = 4;
constexpr double kCalibrationSeconds = 0.5;
constexpr std::uint64_t kMaxIterations = 100'000'000;
// A line that never comes must end at some time; emulated boards take many times their virtual time.
constexpr Milliseconds kLeastSilence{120'000};
constexpr double kSilencePerSecond = 60;

absl::Status not_runnable(std::string message, std::string hint = "") {
  return make_error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNABLE", std::move(message), std::move(hint));
}

Milliseconds silence_for(double device_seconds) {
  const double ms = device_seconds * kSilencePerSecond * 1000;
  return std::max(kLeastSilence, Milliseconds(static_cast<std::int64_t>(std::min(ms, 1e9))));
}

}  // namespace

absl::Status Runner::check_plan() const {
  if (benchmark_ == mlperf::Benchmark::kUnknown || !input_bytes(benchmark_)) {
    return not_runnable(concat("the device's model is \"", identity_.model, "\", none that this runner knows"),
                        "It runs kws01, vww01, ic01, ic02 and ad01. A model for the agent gets its id with --id.");
  }
  if (options_.mode == mlperf::Mode::kAccuracy && dataset_.generated()) {
    return not_runnable("accuracy needs a data set", "Give one with --dataset: a folder with y_labels.csv.");
  }
  if (options_.mode == mlperf::Mode::kPerformance && dataset_.files.size() < mlperf::limits::kWindows) {
    return not_runnable(
        concat("performance needs ", mlperf::limits::kWindows, " inputs; the data set has ", dataset_.files.size()));
  }
  return absl::OkStatus();
}

Runner::Awaitable<absl::StatusOr<RunOutcome>> Runner::run(const RunOptions& options) {
  options_ = options;
  trials_.clear();
  log_.reset();
  muted_ = false;
  absl::StatusOr<Identity> identity = co_await client_.identify();
  if (!identity.ok()) co_return identity.status();
  identity_ = *std::move(identity);
  benchmark_ = mlperf::benchmark_of_model(identity_.model);
  TINYRIG_CO_RETURN_IF_ERROR(check_plan());
  // Also tells a build for energy apart, before anything long is begun.
  const absl::Status stamped = co_await client_.timestamp();
  if (!stamped.ok()) co_return stamped;
  absl::Status done;
  if (options_.mode == mlperf::Mode::kAccuracy) {
    done = co_await accuracy();
  } else {
    done = co_await performance();
  }
  if (!done.ok()) co_return done;
  log_->end();
  RunOutcome outcome;
  outcome.identity = identity_;
  outcome.benchmark = benchmark_;
  absl::StatusOr<RunFiles> written = files();
  if (!written.ok()) co_return written.status();
  outcome.files = *std::move(written);
  outcome.report = report_of(outcome.files, options_.mode, benchmark_, options_.division);
  co_return outcome;
}

void Runner::begin_log() {
  log_.emplace(options_.mode, identity_.model, options_.runner, options_.emulated);
  trials_.clear();
}

Runner::Awaitable<absl::StatusOr<mlperf::Inference>> Runner::run_input(const DatasetFile& file, const Payload& payload,
                                                                       std::uint64_t iterations, std::uint64_t warmup) {
  if (log_.has_value()) {
    const std::string window = file.window_bytes == 0 ? "" : concat(" ", payload.offset, " ", payload.bytes.size());
    log_->command(concat("bload dut \"", file.name, "\"", window));
  }
  const std::span<const std::uint8_t> bytes(payload.bytes);
  muted_ = true;
  const absl::Status loaded = co_await client_.load(bytes);
  muted_ = false;
  if (!loaded.ok()) co_return loaded;
  if (log_.has_value()) log_->command(concat("dut infer ", iterations, " ", warmup));
  const double device_seconds = seconds_per_inference_ * static_cast<double>(iterations + warmup);
  const Milliseconds silence = silence_for(device_seconds);
  absl::StatusOr<mlperf::Inference> inference = co_await client_.infer(iterations, warmup, silence);
  co_return inference;
}

Runner::Awaitable<absl::StatusOr<std::uint64_t>> Runner::iterations_for_ten_seconds() {
  absl::StatusOr<std::vector<Payload>> payloads = read_payloads(dataset_, 0, benchmark_);
  if (!payloads.ok()) co_return payloads.status();
  progress_("finding out how long one inference takes");
  std::uint64_t iterations = 1;
  while (true) {
    const auto inference = co_await run_input(dataset_.files[0], payloads->front(), iterations, 0);
    if (!inference.ok()) co_return inference.status();
    const double seconds = inference->elapsed_s();
    seconds_per_inference_ = seconds / static_cast<double>(iterations);
    if (seconds >= kCalibrationSeconds || iterations >= kMaxIterations) break;
    const double more = seconds > 0 ? kCalibrationSeconds * 1.2 / seconds : 100;
    iterations = static_cast<std::uint64_t>(static_cast<double>(iterations) * std::clamp(more, 2.0, 100.0));
  }
  if (seconds_per_inference_ <= 0) co_return not_runnable("the device's clock stands still");
  const double needed = std::ceil(mlperf::limits::kMinSeconds * kMargin / seconds_per_inference_);
  co_return std::max(mlperf::limits::kMinIterations, static_cast<std::uint64_t>(needed));
}

Runner::Awaitable<absl::Status> Runner::performance() {
  std::uint64_t iterations = options_.iterations.value_or(0);
  if (!options_.iterations.has_value()) {
    const absl::StatusOr<std::uint64_t> found = co_await iterations_for_ten_seconds();
    if (!found.ok()) co_return found.status();
    iterations = *found;
  }
  for (int attempt = 1;; ++attempt) {
    const absl::Status done = co_await windows(iterations);
    if (!done.ok()) co_return done;
    double shortest = mlperf::limits::kMinSeconds;
    for (const Trial& trial : trials_) shortest = std::min(shortest, trial.inference.elapsed_s());
    const bool as_asked = options_.iterations.has_value() || attempt == kMaxAttempts;
    if (as_asked || shortest >= mlperf::limits::kMinSeconds) co_return absl::OkStatus();
    progress_(concat("a window took ", mlperf::number_text(shortest, 3), " s only: once more, with more inferences"));
    const double factor = std::min(mlperf::limits::kMinSeconds * kMargin / std::max(shortest, 0.1), 100.0);
    iterations = static_cast<std::uint64_t>(std::ceil(static_cast<double>(iterations) * factor));
  }
}

Runner::Awaitable<absl::Status> Runner::windows(std::uint64_t iterations) {
  begin_log();
  log_->command("dut profile");
  const auto profile = co_await client_.ask("profile", DutClient::kAnswerLimit);
  if (!profile.ok()) co_return profile.status();
  log_->command("dut timestamp");
  const absl::Status stamped = co_await client_.timestamp();
  if (!stamped.ok()) co_return stamped;
  for (std::size_t i = 0; i < mlperf::limits::kWindows; ++i) {
    absl::StatusOr<std::vector<Payload>> payloads = read_payloads(dataset_, i, benchmark_);
    if (!payloads.ok()) co_return payloads.status();
    const double expected = seconds_per_inference_ * static_cast<double>(iterations);
    progress_(
        concat("window ", i + 1, " of ", mlperf::limits::kWindows, ": ", iterations, " inferences",
               expected > 0 ? concat(", about ", mlperf::number_text(expected, 1), " s by the board's clock") : ""));
    const DatasetFile& file = dataset_.files[i];
    const auto inference = co_await run_input(file, payloads->front(), iterations, options_.warmup);
    if (!inference.ok()) co_return inference.status();
    seconds_per_inference_ = inference->elapsed_s() / static_cast<double>(iterations);
    trials_.push_back({file.name, file.label, *inference});
  }
  co_return absl::OkStatus();
}

Runner::Awaitable<absl::Status> Runner::accuracy() {
  begin_log();
  log_->command("dut profile");
  const auto profile = co_await client_.ask("profile", DutClient::kAnswerLimit);
  if (!profile.ok()) co_return profile.status();
  for (std::size_t i = 0; i < dataset_.files.size(); ++i) {
    const DatasetFile& file = dataset_.files[i];
    absl::StatusOr<std::vector<Payload>> payloads = read_payloads(dataset_, i, benchmark_);
    if (!payloads.ok()) co_return payloads.status();
    progress_(concat("input ", i + 1, " of ", dataset_.files.size()));
    for (const Payload& payload : *payloads) {
      const auto inference = co_await run_input(file, payload, 1, 0);
      if (!inference.ok()) co_return inference.status();
      trials_.push_back({file.name, file.label, *inference});
    }
  }
  co_return absl::OkStatus();
}

absl::StatusOr<RunFiles> Runner::files() const {
  RunFiles files;
  files[std::string(mlperf::kLogFile)] = log_->log();
  files[std::string(mlperf::kScriptFile)] = log_->script();
  files[std::string(mlperf::kResultsJsonFile)] = results_json(trials_, options_.mode);
  std::string& results = files[std::string(mlperf::kResultsFile)];
  if (options_.mode == mlperf::Mode::kPerformance) {
    results = performance_results(trials_);
    return files;
  }
  std::vector<mlperf::Judged> judged;
  for (const Trial& trial : trials_) judged.push_back({trial.file, trial.inference.results, trial.label});
  const mlperf::QualityMetric metric = mlperf::facts_of(benchmark_)->metric;
  const std::optional<double> quality =
      metric == mlperf::QualityMetric::kAuc ? mlperf::anomaly_auc(judged) : mlperf::top1_percent(judged);
  if (!quality.has_value()) return not_runnable("the labels are all of one kind: there is no area under the curve");
  results = accuracy_results(metric, *quality);
  return files;
}

mlperf::RunReport report_of(const RunFiles& files, mlperf::Mode mode, mlperf::Benchmark benchmark,
                            mlperf::Division division) {
  mlperf::RunFiles read;
  read.folder_mode = mode;
  read.folder_benchmark = benchmark;
  read.division = division;
  read.log = mlperf::parse_dut_log(files.at(std::string(mlperf::kLogFile)));
  read.results = mlperf::parse_results_file(files.at(std::string(mlperf::kResultsFile)));
  read.script = mlperf::parse_script(files.at(std::string(mlperf::kScriptFile)));
  mlperf::RunReport report;
  report.folder = concat(mlperf::name_of(benchmark), "/", mlperf::name_of(mode));
  auto trials = mlperf::parse_results_json(files.at(std::string(mlperf::kResultsJsonFile)));
  if (trials.ok()) read.trials = *std::move(trials);
  mlperf::check_run(read, &report);
  return report;
}

}  // namespace tinyrig::dut
