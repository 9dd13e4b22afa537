// The files of one run, as EnergyRunner writes them and the public checker reads them: log.txt, results.txt and
// script.async, and the MLC runner's results.json, which has the labels. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/mlperf/benchmarks.h"
#include "server/mlperf/dut_log.h"

namespace tinyrig::dut {

/// Contents by name.
using RunFiles = std::map<std::string, std::string>;

/// One input that was run.
struct Trial {
  std::string file;
  std::int64_t label = 0;
  mlperf::Inference inference;
};

/// log.txt and script.async, as a run goes on. Stamps are seconds since it was made.
class RunLog {
 public:
  using Clock = std::chrono::steady_clock;
  /// `runner`: "TinyRig 0.1.0". `emulated`: the board's time is virtual, which the log says.
  RunLog(mlperf::Mode mode, const std::string& model, const std::string& runner, bool emulated,
         Clock::time_point start = Clock::now());

  /// A step of the script: "dut infer 10 1".
  void command(const std::string& text);
  /// What the device said.
  void device(std::string_view line);
  void end();

  const std::string& log() const { return log_; }
  std::string script() const { return script_ + "]\n"; }

 private:
  void write(std::string_view source, std::string_view text);

  const Clock::time_point start_;
  std::string log_;
  std::string script_ = "[\n";
};

std::string performance_results(const std::vector<Trial>& trials);
/// `quality`: percent (top-1), or the area under the curve.
std::string accuracy_results(mlperf::QualityMetric metric, double quality);
std::string results_json(const std::vector<Trial>& trials, mlperf::Mode mode);

}  // namespace tinyrig::dut
