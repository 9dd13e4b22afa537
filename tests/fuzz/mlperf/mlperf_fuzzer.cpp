// Any bytes as the files of a run: the first says as which ("0" to "6"), the rest is the file. Then all rules.
// "6": all files of one run, each behind a line of "==== NAME".
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "server/mlperf/rules.h"
#include "server/mlperf/script_file.h"

namespace {

using namespace tinyrig::mlperf;

void take(RunFiles* files, int kind, std::string_view bytes) {
  if (kind == 0) files->log = parse_dut_log(bytes);
  if (kind == 1) files->results = parse_results_file(bytes);
  if (kind == 2) files->script = parse_script(bytes);
  if (kind == 3) {
    if (auto trace = parse_energy_trace(bytes); trace.ok()) files->trace = *std::move(trace);
  }
  if (kind == 4) {
    if (auto edges = parse_edges(bytes); edges.ok()) files->edges = *std::move(edges);
  }
  if (kind == 5) {
    if (auto trials = parse_results_json(bytes); trials.ok()) files->trials = *std::move(trials);
  }
}

void take_all(RunFiles* files, std::string_view text) {
  constexpr std::string_view kNames[] = {kLogFile, kResultsFile, kScriptFile, kTraceFile, kEdgesFile, kResultsJsonFile};
  constexpr std::string_view kMark = "==== ";
  for (std::size_t at = text.find(kMark); at != std::string_view::npos;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return;
    const std::string_view name = text.substr(at + kMark.size(), end - at - kMark.size());
    const std::size_t next = text.find(kMark, end);
    for (int kind = 0; kind < 6; ++kind) {
      if (kNames[kind] == name) take(files, kind, text.substr(end + 1, next - std::min(next, end + 1)));
    }
    at = next;
  }
}

void check(const DutLog& log) {
  if (log.inferences.size() > DutLog::kMaxInferences || log.commands.size() > DutLog::kMaxCommands) std::abort();
  for (const Inference& inference : log.inferences) {
    if (inference.results.size() > DutLog::kMaxResults || inference.line > log.lines) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int kind = data[0] - '0';
  RunFiles files;
  if (kind == 6) {
    take_all(&files, bytes);
  } else {
    take(&files, kind, bytes);
  }
  if (files.log.has_value()) check(*files.log);
  for (const Benchmark benchmark : {Benchmark::kUnknown, Benchmark::kKws, Benchmark::kAd, Benchmark::kSww}) {
    for (const Mode mode : {Mode::kPerformance, Mode::kAccuracy, Mode::kEnergy}) {
      files.folder_benchmark = benchmark;
      files.folder_mode = mode;
      RunReport report;
      check_run(files, &report);
      check_outputs(files, "itself", files, &report);
      std::map<Rule, std::size_t> findings;
      for (const Finding& finding : report.findings) {
        if (++findings[finding.rule] > limits::kFindingsPerRule) std::abort();
        if (finding.rule == Rule::kOutputsDiffer) std::abort();
      }
    }
  }
  return 0;
}
