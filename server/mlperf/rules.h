// The rules that files of a run can show, and the check of one run against them. Pure; audit.h reads the files.
//
// docs/mlperf.md has the table for people; a test holds both together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/mlperf/benchmarks.h"
#include "server/mlperf/dut_log.h"
#include "server/mlperf/energy_trace.h"
#include "server/mlperf/results_file.h"
#include "server/mlperf/results_json.h"

namespace tinyrig::mlperf {

/// Thresholds, each with where it comes from.
namespace limits {
// Run modes: five inputs; "The run must take at least 10 seconds and 10 iterations to be valid" (EnergyRunner).
inline constexpr std::size_t kWindows = 5;
inline constexpr double kMinSeconds = 10;
inline constexpr std::uint64_t kMinIterations = 10;
// MLPerfTiny_Rules.adoc, MODEL_CONFIG of submission_checker.py ("fps_fns": (8, 8)); long_wav has 50 wakewords.
inline constexpr std::uint64_t kMaxFalsePositives = 8;
inline constexpr std::uint64_t kMaxFalseNegatives = 8;
inline constexpr std::uint64_t kWakewords = 50;
inline constexpr double kStreamSeconds = 1200;
// EnergyRunner's emon-drop-thresh-pct: "Dropped more than 0.1% of packets".
inline constexpr double kMaxDropped = 0.001;
// Ours. Official energies come out to 1e-9 of these windows; on the 1 ms grid a sample is 0.01 % of ten seconds.
inline constexpr double kEnergyTolerance = 1e-4;
// Ours. Times in microseconds give throughput to its last printed digit.
inline constexpr double kTimeTolerance = 1e-6;
// Ours. Host and board print with delays of up to 0.1 s in public logs, and board clocks are off by up to 0.3 %.
inline constexpr double kClockSeconds = 0.25;
inline constexpr double kClockRatio = 0.02;
// Ours. "trace on" and "trace off" are confirmed up to 0.1 s late.
inline constexpr double kTraceSeconds = 0.5;
// Ours. Half a digit of %0.3f.
inline constexpr double kOutputTolerance = 0.0005;
// Ours, so that one broken run does not hide the others.
inline constexpr std::size_t kFindingsPerRule = 5;
}  // namespace limits

enum class Severity : std::uint8_t { kWarning, kError };

enum class Rule : std::uint8_t {
  // the tree and its files
  kFileUnreadable,
  kFileTooLarge,
  kFileBinary,
  kFileBroken,
  kSymbolicLink,
  kTreeTooLarge,
  kResultsMissing,
  kLogMissing,
  kScriptMissing,
  kResultsJsonMissing,
  kTraceMissing,
  kCompanionMissing,
  kOutputsDiffer,
  // what ran
  kLogIncomplete,
  kLogSessions,
  kLogTimeBackwards,
  kErrorMessage,
  kPacketsDropped,
  kProfileMissing,
  kProfileUnknown,
  kModelUnknown,
  kBenchmarkUnknown,
  kBenchmarkMismatch,
  kModeUnknown,
  kModeMismatch,
  kBoardRestarted,
  kBoardEmulated,
  kScriptMismatch,
  // windows of performance and energy
  kWindowCount,
  kWindowUnfinished,
  kWindowTooShort,
  kIterationsTooFew,
  kIterationsDiffer,
  kInputRepeated,
  kInputsMadeUp,
  kClockMismatch,
  kResultsSize,
  // what is claimed
  kRunnerSaysInvalid,
  kClaimMissing,
  kWindowMismatch,
  kMedianMismatch,
  // energy
  kTraceEdges,
  kTraceGaps,
  kVoltageMissing,
  // accuracy
  kInputCount,
  kQualityBelowTarget,
  kQualityMismatch,
  kQualityRoundedUp,
  // streaming wakeword
  kDetectionCount,
  kStreamTooShort,
  kStreamMismatch,
};

struct RuleText {
  Rule rule;
  std::string_view id;  // stable: "WINDOW_TOO_SHORT"
  Severity severity;
  bool official;  // the official checker looks too
  std::string_view demands;
};

std::span<const RuleText> all_rules();
const RuleText& text_of(Rule rule);

struct Finding {
  Rule rule{};
  std::string file;        // of the run's folder, "log.txt"; empty: of the whole run
  std::uint32_t line = 0;  // 0: none
  std::string expected, seen;
};

/// A number that the run is published for.
struct Figure {
  std::string name;  // "throughput"
  std::string unit;  // "inf/s"
  std::optional<double> claimed;
  std::optional<double> recomputed;  // none: the files do not have what it takes
};

enum class Verdict : std::uint8_t { kValid, kUnverified, kInvalid };
std::string_view name_of(Verdict verdict);

struct RunReport {
  std::string folder;  // below the audited one; "." is that itself
  Benchmark benchmark = Benchmark::kUnknown;
  Mode mode = Mode::kUnknown;
  Division division = Division::kUnknown;
  Runner runner = Runner::kUnknown;
  std::vector<Figure> figures;
  std::vector<Finding> findings;
  std::size_t more_findings = 0;  // beyond kFindingsPerRule

  std::size_t count(Severity severity) const;
  /// Invalid: an error. Unverified: no error, but a claimed figure could not be recomputed.
  Verdict verdict() const;
};

/// What was read of a run's folder.
struct RunFiles {
  Benchmark folder_benchmark = Benchmark::kUnknown;
  Mode folder_mode = Mode::kUnknown;
  Division division = Division::kUnknown;
  std::optional<DutLog> log;
  std::optional<ResultsFile> results;
  std::optional<std::vector<LogLine>> script;
  std::optional<EnergyTrace> trace;
  std::optional<std::vector<double>> edges;
  std::optional<std::vector<Trial>> trials;
};

/// How the names of inputs begin that our runner makes up.
inline constexpr std::string_view kGeneratedInput = "generated_";

inline constexpr std::string_view kLogFile = "log.txt";
inline constexpr std::string_view kResultsFile = "results.txt";
inline constexpr std::string_view kScriptFile = "script.async";
inline constexpr std::string_view kTraceFile = "trace1-energy.bin";
inline constexpr std::string_view kEdgesFile = "trace1-timestamps.json";
inline constexpr std::string_view kResultsJsonFile = "results.json";

/// Adds a finding, at most kFindingsPerRule of a rule.
void add_finding(RunReport* report, Finding finding);

/// Everything that one run's files show. `report` may have findings of reading them; gets the rest.
void check_run(const RunFiles& files, RunReport* report);

/// Whether two runs of one system and benchmark come from one model: equal inputs must give equal outputs.
void check_outputs(const RunFiles& earlier, const std::string& earlier_name, const RunFiles& files, RunReport* report);

}  // namespace tinyrig::mlperf
