// Performs a mode of MLPerf Tiny on a device, by the rules, and says by the checker's rules whether the run is valid.
//
// Performance: the first five inputs, the same number of inferences each, at least ten seconds and ten inferences by
// the device's own clock. Accuracy: every input once. On an emulated board that clock is virtual.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/dut/dataset.h"
#include "server/dut/dut_client.h"
#include "server/dut/run_files.h"
#include "server/mlperf/rules.h"

namespace tinyrig::dut {

struct RunOptions {
  mlperf::Mode mode = mlperf::Mode::kPerformance;
  mlperf::Division division = mlperf::Division::kUnknown;  // unknown: judged as closed
  std::optional<std::uint64_t> iterations;                 // none: as many as ten seconds need
  std::uint64_t warmup = 1;
  bool emulated = false;
  std::string runner;  // "TinyRig 0.1.0"
};

struct RunOutcome {
  Identity identity;
  mlperf::Benchmark benchmark = mlperf::Benchmark::kUnknown;
  RunFiles files;
  mlperf::RunReport report;
};

class Runner {
 public:
  /// What is done, for people, as often as it changes: "window 2 of 5: 96 inferences, about 10.3 s".
  using Progress = std::function<void(const std::string&)>;

  /// Both must outlive this. `client` gives its lines to on_line().
  Runner(DutClient& client, const Dataset& dataset, Progress progress)
      : client_(client), dataset_(dataset), progress_(std::move(progress)) {}

  /// Where the client's lines go.
  void on_line(std::string_view line) {
    if (log_.has_value() && !muted_) log_->device(line);
  }

  /// Errors: those of DutClient and of Dataset; FAILED_PRECONDITION NOT_RUNNABLE (the device's model is none of the
  /// suite, or the data are too few for the mode).
  boost::asio::awaitable<absl::StatusOr<RunOutcome>> run(const RunOptions& options);

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  absl::Status check_plan() const;
  Awaitable<absl::StatusOr<std::uint64_t>> iterations_for_ten_seconds();
  Awaitable<absl::Status> performance();
  Awaitable<absl::Status> windows(std::uint64_t iterations);
  Awaitable<absl::Status> accuracy();
  Awaitable<absl::StatusOr<mlperf::Inference>> run_input(const DatasetFile& file, const Payload& payload,
                                                         std::uint64_t iterations, std::uint64_t warmup);
  void begin_log();
  absl::StatusOr<RunFiles> files() const;

  DutClient& client_;
  const Dataset& dataset_;
  Progress progress_;
  RunOptions options_;
  Identity identity_;
  mlperf::Benchmark benchmark_ = mlperf::Benchmark::kUnknown;
  std::optional<RunLog> log_;
  bool muted_ = false;  // an input is sent: the answers to its pieces would be most of the log
  std::vector<Trial> trials_;
  double seconds_per_inference_ = 0;  // by the device's clock; 0: not known yet
};

/// How the checker sees files of a run.
mlperf::RunReport report_of(const RunFiles& files, mlperf::Mode mode, mlperf::Benchmark benchmark,
                            mlperf::Division division);

}  // namespace tinyrig::dut
