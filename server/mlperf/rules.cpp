#include "server/mlperf/rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "server/mlperf/numbers.h"
#include "server/mlperf/quality.h"
#include "server/mlperf/text.h"

namespace tinyrig::mlperf {
namespace {

constexpr Severity kE = Severity::kError;
constexpr Severity kW = Severity::kWarning;

// rule, id, severity, whether the official checker looks, what is demanded.
constexpr std::array kRules = {
    RuleText{Rule::kFileUnreadable, "FILE_UNREADABLE", kE, false, "every file of a run can be read"},
    RuleText{Rule::kFileTooLarge, "FILE_TOO_LARGE", kE, true, "no file is larger than 500 MiB (parts: 64 MiB)"},
    RuleText{Rule::kFileBinary, "FILE_BINARY", kE, false, "log, results and script are text"},
    RuleText{Rule::kFileBroken, "FILE_BROKEN", kE, false, "trace, edges and results.json have their formats"},
    RuleText{Rule::kSymbolicLink, "SYMBOLIC_LINK", kE, true, "a submission has no symbolic links"},
    RuleText{Rule::kTreeTooLarge, "TREE_TOO_LARGE", kE, false, "the tree is within what is looked at"},
    RuleText{Rule::kResultsMissing, "RESULTS_MISSING", kE, true, "a run has results.txt"},
    RuleText{Rule::kLogMissing, "LOG_MISSING", kE, true, "a run has log.txt"},
    RuleText{Rule::kScriptMissing, "SCRIPT_MISSING", kW, true, "a run by EnergyRunner has script.async"},
    RuleText{Rule::kResultsJsonMissing, "RESULTS_JSON_MISSING", kW, true, "a run by the MLC runner has results.json"},
    RuleText{Rule::kTraceMissing, "TRACE_MISSING", kW, false, "energy has its trace and edges"},
    RuleText{Rule::kCompanionMissing, "COMPANION_MISSING", kW, true, "a benchmark has accuracy and performance"},
    RuleText{Rule::kOutputsDiffer, "OUTPUTS_DIFFER", kW, false,
             "one model: equal inputs give equal outputs in all modes"},
    RuleText{Rule::kLogIncomplete, "LOG_INCOMPLETE", kE, false, "the log has the whole session"},
    RuleText{Rule::kLogSessions, "LOG_SESSIONS", kW, false, "the log has one session"},
    RuleText{Rule::kLogTimeBackwards, "LOG_TIME_BACKWARDS", kE, false, "time in the log never goes back"},
    RuleText{Rule::kErrorMessage, "ERROR_MESSAGE", kE, false, "no error in the log"},
    RuleText{Rule::kPacketsDropped, "PACKETS_DROPPED", kE, false, "the monitor dropped at most 0.1 % of its samples"},
    RuleText{Rule::kProfileMissing, "PROFILE_MISSING", kW, false, "the board said its profile"},
    RuleText{Rule::kProfileUnknown, "PROFILE_UNKNOWN", kE, false, "the profile is the official firmware's"},
    RuleText{Rule::kModelUnknown, "MODEL_UNKNOWN", kE, false, "m-model is one of the suite"},
    RuleText{Rule::kBenchmarkUnknown, "BENCHMARK_UNKNOWN", kW, false, "log or folder say which benchmark it is"},
    RuleText{Rule::kBenchmarkMismatch, "BENCHMARK_MISMATCH", kE, false, "the folder names the benchmark that ran"},
    RuleText{Rule::kModeUnknown, "MODE_UNKNOWN", kW, false, "files or folder say which mode it is"},
    RuleText{Rule::kModeMismatch, "MODE_MISMATCH", kE, false, "the folder names the mode that ran"},
    RuleText{Rule::kBoardRestarted, "BOARD_RESTARTED", kW, false, "the board starts once"},
    RuleText{Rule::kBoardEmulated, "BOARD_EMULATED", kW, false,
             "the board is silicon; an emulated one keeps its own time"},
    RuleText{Rule::kScriptMismatch, "SCRIPT_MISMATCH", kE, false, "the log has the script's steps"},
    RuleText{Rule::kWindowCount, "WINDOW_COUNT", kE, false, "five windows"},
    RuleText{Rule::kWindowUnfinished, "WINDOW_UNFINISHED", kE, false, "each inference has its end, times and results"},
    RuleText{Rule::kWindowTooShort, "WINDOW_TOO_SHORT", kE, false, "each window takes 10 s or more"},
    RuleText{Rule::kIterationsTooFew, "ITERATIONS_TOO_FEW", kE, false, "each window has 10 iterations or more"},
    RuleText{Rule::kIterationsDiffer, "ITERATIONS_DIFFER", kE, false, "all windows have as many iterations"},
    RuleText{Rule::kInputRepeated, "INPUT_REPEATED", kE, false, "each window has an input of its own"},
    RuleText{Rule::kInputsMadeUp, "INPUTS_MADE_UP", kW, false, "inputs are those of the data set"},
    RuleText{Rule::kClockMismatch, "CLOCK_MISMATCH", kW, false, "the board's clock agrees with the host's"},
    RuleText{Rule::kResultsSize, "RESULTS_SIZE", kW, false, "m-results has as many numbers as the model"},
    RuleText{Rule::kRunnerSaysInvalid, "RUNNER_SAYS_INVALID", kE, false, "no error in results.txt"},
    RuleText{Rule::kClaimMissing, "CLAIM_MISSING", kE, true, "results.txt states the figure of its mode"},
    RuleText{Rule::kWindowMismatch, "WINDOW_MISMATCH", kE, false, "results.txt has the windows of log and trace"},
    RuleText{Rule::kMedianMismatch, "MEDIAN_MISMATCH", kE, false, "the median is that of the windows"},
    RuleText{Rule::kTraceEdges, "TRACE_EDGES", kE, false, "one edge, and two per window, within the trace"},
    RuleText{Rule::kTraceGaps, "TRACE_GAPS", kE, false, "the trace has samples for all of its time"},
    RuleText{Rule::kVoltageMissing, "VOLTAGE_MISSING", kW, false, "energy states its supply voltage"},
    RuleText{Rule::kInputCount, "INPUT_COUNT", kE, false, "accuracy ran on the whole set"},
    RuleText{Rule::kQualityBelowTarget, "QUALITY_BELOW_TARGET", kE, true, "closed division: the quality target is met"},
    RuleText{Rule::kQualityMismatch, "QUALITY_MISMATCH", kE, false, "the stated quality is that of the outputs"},
    RuleText{Rule::kQualityRoundedUp, "QUALITY_ROUNDED_UP", kW, false, "the target is met before rounding, too"},
    RuleText{Rule::kDetectionCount, "DETECTION_COUNT", kE, true, "true positives and false negatives are 50"},
    RuleText{Rule::kStreamTooShort, "STREAM_TOO_SHORT", kE, false, "the stream's window covers its 1200 s"},
    RuleText{Rule::kStreamMismatch, "STREAM_MISMATCH", kE, false, "the stream's figures agree with each other"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<std::size_t>(kRules[i].rule) != i) return false;
  }
  return static_cast<std::size_t>(Rule::kStreamMismatch) + 1 == kRules.size();
}
static_assert(in_order());

constexpr std::array<std::string_view, 2> kProfiles = {"ULPMark for tinyML Firmware V0.0.1",
                                                       "MLPerf Tiny Firmware V0.1.0"};

// One `infer` of performance or energy, by the best source that there is.
struct Window {
  std::string file;
  std::uint32_t line = 0;
  std::optional<std::uint64_t> iterations;
  std::optional<double> seconds;
  std::optional<double> energy_uj;
  double time_tolerance = limits::kTimeTolerance;

  std::optional<double> throughput() const {
    if (!iterations || !seconds || *seconds <= 0) return std::nullopt;
    return static_cast<double>(*iterations) / *seconds;
  }
  std::optional<double> uj_per_inference() const {
    if (!iterations || !energy_uj || *iterations == 0) return std::nullopt;
    return *energy_uj / static_cast<double>(*iterations);
  }
};

std::string seconds_text(double seconds) { return concat(number_text(seconds, 6), " s"); }

class Check {
 public:
  Check(const RunFiles& files, RunReport* report) : files_(files), report_(*report) {}

  void run() {
    identify();
    files_that_belong();
    log();
    script();
    if (is_streaming()) {
      streaming();
    } else if (mode() == Mode::kPerformance || mode() == Mode::kEnergy) {
      if (mode() == Mode::kEnergy) energy();
      windows();
      claims();
    } else if (mode() == Mode::kAccuracy) {
      accuracy();
    }
    if (files_.results.has_value()) runner_errors();
  }

 private:
  Mode mode() const { return report_.mode; }
  bool is_streaming() const { return report_.benchmark == Benchmark::kSww; }
  bool is_closed() const { return report_.division != Division::kOpen; }

  void add(Rule rule, std::string_view file, std::uint32_t line, std::string expected, std::string seen) {
    add_finding(&report_, {rule, std::string(file), line, std::move(expected), std::move(seen)});
  }

  // ---- which run it is ----

  Mode mode_of_content() const {
    if (const auto& results = files_.results; results.has_value()) {
      if (results->median_energy || !results->energy.empty()) return Mode::kEnergy;
      if (results->top1 || results->auc) return Mode::kAccuracy;
      if (results->median_throughput || !results->performance.empty() || results->detections) return Mode::kPerformance;
    }
    if (!files_.log.has_value()) return Mode::kUnknown;
    if (files_.log->run_code == "ulp-ml" || files_.log->trace_start_s) return Mode::kEnergy;
    if (files_.log->run_mode == "multi") return Mode::kAccuracy;
    return files_.log->run_mode == "bmark" ? Mode::kPerformance : Mode::kUnknown;
  }

  void identify() {
    report_.division = files_.division;
    if (files_.log.has_value()) report_.runner = files_.log->runner;
    if (report_.runner == Runner::kUnknown && files_.results.has_value()) report_.runner = files_.results->runner;

    const Mode content = mode_of_content();
    report_.mode = content == Mode::kUnknown ? files_.folder_mode : content;
    if (report_.mode == Mode::kUnknown) {
      add(Rule::kModeUnknown, "", 0, "performance, energy or accuracy", "neither folder nor files say");
    } else if (files_.folder_mode != Mode::kUnknown && files_.folder_mode != report_.mode) {
      add(Rule::kModeMismatch, "", 0, concat(name_of(files_.folder_mode), ", as its folder says"),
          concat("files of ", name_of(report_.mode)));
    }

    const std::string model = files_.log.has_value() ? files_.log->model : "";
    const Benchmark ran = benchmark_of_model(model);
    report_.benchmark = ran == Benchmark::kUnknown ? files_.folder_benchmark : ran;
    if (!model.empty() && ran == Benchmark::kUnknown) {
      add(Rule::kModelUnknown, kLogFile, files_.log->model_line, "kws01, vww01, ic01, ic02, ad01 or sww01", model);
    }
    if (report_.benchmark == Benchmark::kUnknown) {
      add(Rule::kBenchmarkUnknown, "", 0, "m-model in the log, or a folder like kws", "neither");
    } else if (files_.folder_benchmark != Benchmark::kUnknown && files_.folder_benchmark != report_.benchmark) {
      add(Rule::kBenchmarkMismatch, kLogFile, files_.log->model_line,
          concat(name_of(files_.folder_benchmark), ", as its folder says"), model);
    }
  }

  void files_that_belong() {
    if (report_.runner == Runner::kEembc && !files_.script.has_value()) {
      add_missing(Rule::kScriptMissing, kScriptFile, "the log cannot be held against it");
    }
    if (report_.runner == Runner::kMlc && !files_.trials.has_value()) {
      add_missing(Rule::kResultsJsonMissing, kResultsJsonFile, "raw times, samples and labels are missing");
    }
    if (report_.runner != Runner::kMlc && mode() == Mode::kEnergy && (!files_.trace || !files_.edges)) {
      add_missing(Rule::kTraceMissing, files_.trace ? kEdgesFile : kTraceFile, "energy cannot be recomputed");
    }
  }

  // A file that is there but bad has a finding of its own.
  void add_missing(Rule rule, std::string_view file, std::string seen) {
    const bool told =
        std::ranges::any_of(report_.findings, [&](const Finding& finding) { return finding.file == file; });
    if (!told) add(rule, file, 0, "the file", concat("none: ", seen));
  }

  // ---- the log ----

  void log() {
    if (!files_.log.has_value()) return;
    const DutLog& log = *files_.log;
    if (log.sessions == 0) {
      add(Rule::kLogIncomplete, kLogFile, 1, "the start of a session", "none: the log's beginning is missing");
    } else if (log.session_end_line == 0) {
      add(Rule::kLogIncomplete, kLogFile, log.lines, "the end of the session", "the log's last line is before it");
    }
    if (log.overflow) {
      add(Rule::kLogIncomplete, kLogFile, 0, concat("at most ", DutLog::kMaxInferences, " inferences"), "more");
    }
    if (log.sessions > 1) {
      add(Rule::kLogSessions, kLogFile, 0, "one session", concat(log.sessions, "; the last one was checked"));
    }
    if (log.backwards.has_value()) {
      add(Rule::kLogTimeBackwards, kLogFile, log.backwards->line,
          concat(seconds_text(log.backwards->from_s), " or later"), seconds_text(log.backwards->to_s));
    }
    for (const LogLine& error : log.errors) {
      const bool dropped = log.dropped.has_value() && log.dropped->line == error.line;
      if (!dropped) add(Rule::kErrorMessage, kLogFile, error.line, "no error", error.text);
    }
    if (log.dropped.has_value()) {
      add(Rule::kPacketsDropped, kLogFile, log.dropped->line, "at most 0.1 % dropped", log.dropped->text);
    }
    if (log.profile.empty()) {
      add(Rule::kProfileMissing, kLogFile, 0, "m-profile-[...]", "none");
    } else if (std::ranges::find(kProfiles, log.profile) == kProfiles.end()) {
      add(Rule::kProfileUnknown, kLogFile, log.profile_line, concat(kProfiles[0], " or ", kProfiles[1]), log.profile);
    }
    if (log.restart_line != 0) {
      add(Rule::kBoardRestarted, kLogFile, log.restart_line, "no m-init-done behind the first inference", "one");
    }
    if (log.emulated_line != 0) {
      add(Rule::kBoardEmulated, kLogFile, log.emulated_line, "silicon", "an emulated board, which keeps its own time");
    }
    inferences();
  }

  void inferences() {
    const BenchmarkFacts* facts = facts_of(report_.benchmark);
    bool size_told = false;
    for (const Inference& inference : files_.log->inferences) {
      const bool has_results = report_.runner == Runner::kMlc || !inference.results.empty();
      const bool has_time = mode() != Mode::kPerformance || report_.runner == Runner::kMlc || inference.elapsed_us();
      if (!inference.done || !has_results || !has_time) {
        const char* lacks = !inference.done ? "m-infer-done" : has_results ? "two m-lap-us" : "m-results";
        add(Rule::kWindowUnfinished, kLogFile, inference.line, lacks, "none");
      }
      const std::size_t size = inference.results.size();
      if (facts != nullptr && !is_streaming() && size != 0 && size != facts->outputs && !size_told) {
        add(Rule::kResultsSize, kLogFile, inference.line, concat(facts->outputs, " numbers"), concat(size));
        size_told = true;
      }
    }
  }

  // EnergyRunner mounts the board before the session begins, so the log has the script's last steps.
  void script() {
    if (!files_.script.has_value() || !files_.log.has_value() || files_.log->commands.empty()) return;
    const std::vector<LogLine>& wanted = *files_.script;
    const std::vector<LogLine>& ran = files_.log->commands;
    if (ran.size() > wanted.size()) {
      add(Rule::kScriptMismatch, kLogFile, ran.front().line, concat("at most ", wanted.size(), " commands"),
          concat(ran.size()));
      return;
    }
    const std::size_t skipped = wanted.size() - ran.size();
    for (std::size_t i = 0; i < ran.size(); ++i) {
      if (ran[i].text == wanted[skipped + i].text) continue;
      add(Rule::kScriptMismatch, kLogFile, ran[i].line,
          concat("\"", wanted[skipped + i].text, "\" (", kScriptFile, ":", wanted[skipped + i].line, ")"),
          concat("\"", ran[i].text, "\""));
      return;
    }
  }

  // ---- windows ----

  // By results.json, else by the log, with the trace's times and energies in energy mode.
  std::vector<Window> measured() const {
    std::vector<Window> windows;
    if (files_.trials.has_value()) {
      for (const Trial& trial : *files_.trials) {
        Window& window = windows.emplace_back();
        window.file = kResultsJsonFile;
        window.iterations = trial.iterations;
        if (trial.elapsed_us) window.seconds = static_cast<double>(*trial.elapsed_us) / 1e6;
        if (mode() != Mode::kEnergy) continue;
        if (const auto energy = energy_of(trial); energy.has_value()) {
          window.energy_uj = energy->energy_uj;
          window.seconds = energy->seconds;
        }
      }
      return windows;
    }
    if (!files_.log.has_value()) return windows;
    std::vector<EnergyWindow> energies;
    if (mode() == Mode::kEnergy && files_.trace && files_.edges)
      energies = energy_windows(*files_.trace, *files_.edges);
    const bool paired = energies.size() == files_.log->inferences.size();
    for (const Inference& inference : files_.log->inferences) {
      Window& window = windows.emplace_back();
      window.file = kLogFile;
      window.line = inference.line;
      window.iterations = inference.iterations;
      if (paired) {
        window.seconds = energies[windows.size() - 1].seconds();
        window.energy_uj = energies[windows.size() - 1].energy_uj;
      } else if (const auto elapsed = inference.elapsed_us(); elapsed.has_value()) {
        window.seconds = static_cast<double>(*elapsed) / 1e6;
      } else if (inference.printed_s.has_value() && inference.printed_s->value > 0) {
        window.seconds = inference.printed_s->value;
        window.time_tolerance = inference.printed_s->last_digit() / inference.printed_s->value;
      }
    }
    return windows;
  }

  const std::vector<StatedWindow>& stated() const {
    static const std::vector<StatedWindow> kNone;
    if (!files_.results.has_value()) return kNone;
    return mode() == Mode::kEnergy ? files_.results->energy : files_.results->performance;
  }

  // Where nothing was measured, rules are held against what is stated.
  static Window window_of(const StatedWindow& stated) {
    Window window;
    window.file = kResultsFile;
    window.line = stated.line;
    window.iterations = stated.iterations;
    if (stated.seconds) window.seconds = stated.seconds->value;
    return window;
  }

  void windows() {
    measured_ = measured();
    const std::vector<StatedWindow>& stated_windows = stated();
    std::vector<Window> judged = measured_;
    if (judged.empty()) {
      for (const StatedWindow& window : stated_windows) judged.push_back(window_of(window));
    }
    if (judged.size() != limits::kWindows) {
      add(Rule::kWindowCount, judged.empty() ? kResultsFile : std::string_view(judged.front().file), 0,
          concat(limits::kWindows, " windows"), concat(judged.size()));
    }
    for (std::size_t i = 0; i < judged.size(); ++i) {
      Window& window = judged[i];
      if (!window.seconds && i < stated_windows.size() && stated_windows[i].seconds) {
        window.seconds = stated_windows[i].seconds->value;
      }
      if (window.seconds && *window.seconds < limits::kMinSeconds) {
        add(Rule::kWindowTooShort, window.file, window.line,
            concat("at least ", number_text(limits::kMinSeconds), " s in window ", i + 1),
            seconds_text(*window.seconds));
      }
      if (window.iterations && *window.iterations < limits::kMinIterations) {
        add(Rule::kIterationsTooFew, window.file, window.line,
            concat("at least ", limits::kMinIterations, " iterations in window ", i + 1), concat(*window.iterations));
      }
      if (window.iterations && judged[0].iterations && *window.iterations != *judged[0].iterations) {
        add(Rule::kIterationsDiffer, window.file, window.line, concat(*judged[0].iterations, " as in window 1"),
            concat(*window.iterations));
      }
    }
    inputs_of_their_own();
    clocks();
  }

  void inputs_of_their_own() {
    if (!files_.log.has_value()) return;
    const auto made_up = std::ranges::find_if(files_.log->inferences, [](const Inference& inference) {
      return inference.input.starts_with(kGeneratedInput);
    });
    if (made_up != files_.log->inferences.end()) {
      add(Rule::kInputsMadeUp, kLogFile, made_up->line, "a file of the data set", made_up->input);
    }
    std::set<std::pair<std::string_view, std::uint64_t>> known;
    for (const Inference& inference : files_.log->inferences) {
      if (inference.input.empty() || known.insert({inference.input, inference.offset}).second) continue;
      add(Rule::kInputRepeated, kLogFile, inference.line, "another input than the windows before", inference.input);
    }
  }

  void clocks() {
    if (!files_.log.has_value() || measured_.size() != files_.log->inferences.size()) return;
    if (files_.log->emulated_line != 0) return;
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      const Inference& inference = files_.log->inferences[i];
      if (!inference.host_start_s || !inference.host_end_s || !measured_[i].seconds) continue;
      const double host = *inference.host_end_s - *inference.host_start_s;
      if (std::abs(host - *measured_[i].seconds) <= limits::kClockSeconds + limits::kClockRatio * host) continue;
      add(Rule::kClockMismatch, kLogFile, inference.line,
          concat("about ", seconds_text(host), " as by the host's clock"), seconds_text(*measured_[i].seconds));
    }
  }

  // ---- what results.txt claims ----

  void claims() {
    if (mode() == Mode::kEnergy) {
      energy_claim();
      return;
    }
    std::vector<std::optional<double>> computed;
    double tolerance = limits::kTimeTolerance;
    for (const Window& window : measured_) {
      computed.push_back(window.throughput());
      tolerance = std::max(tolerance, window.time_tolerance);
    }
    std::vector<std::optional<Decimal>> listed;
    for (const StatedWindow& window : stated()) listed.push_back(window.throughput);
    const auto& claimed = files_.results ? files_.results->median_throughput : std::optional<Stated>{};
    figure("throughput", "inf/s", claimed, listed, computed, tolerance, true);
    if (files_.results.has_value()) window_claims(files_.results->performance);
    printed_times();
  }

  void energy_claim() {
    std::vector<std::optional<double>> computed, throughput;
    for (const Window& window : measured_) {
      computed.push_back(window.uj_per_inference());
      throughput.push_back(window.energy_uj ? window.throughput() : std::nullopt);
    }
    std::vector<std::optional<Decimal>> listed, listed_throughput;
    for (const StatedWindow& window : stated()) listed.push_back(window.uj_per_inference);
    const auto& claimed = files_.results ? files_.results->median_energy : std::optional<Stated>{};
    figure("energy", "uJ/inf", claimed, listed, computed, limits::kEnergyTolerance, true);
    if (!files_.results.has_value()) return;
    for (const StatedWindow& window : files_.results->performance) listed_throughput.push_back(window.throughput);
    if (files_.results->median_throughput.has_value()) {
      figure("throughput", "inf/s", files_.results->median_throughput, listed_throughput, throughput,
             limits::kTimeTolerance, false);
    }
    window_claims(files_.results->energy);
    window_claims(files_.results->performance);
  }

  // The claimed median against the listed windows, and against those that were measured.
  void figure(std::string name, std::string unit, const std::optional<Stated>& claimed,
              const std::vector<std::optional<Decimal>>& listed, const std::vector<std::optional<double>>& computed,
              double tolerance, bool demanded) {
    Figure figure{name, unit, std::nullopt, std::nullopt};
    std::vector<double> values;
    for (const auto& value : computed) {
      if (value.has_value()) values.push_back(*value);
    }
    if (!values.empty() && values.size() == computed.size()) figure.recomputed = median(values);
    if (claimed.has_value()) {
      figure.claimed = claimed->number.value;
      std::vector<double> listed_values;
      for (const auto& value : listed) {
        if (value.has_value()) listed_values.push_back(value->value);
      }
      if (!listed_values.empty() && !agrees(claimed->number, median(listed_values), limits::kTimeTolerance)) {
        add(Rule::kMedianMismatch, kResultsFile, claimed->line,
            concat(number_text(median(listed_values)), " ", unit, ", of the windows listed"),
            number_text(claimed->number.value));
      } else if (figure.recomputed && !agrees(claimed->number, *figure.recomputed, tolerance)) {
        add(Rule::kMedianMismatch, kResultsFile, claimed->line,
            concat(number_text(*figure.recomputed), " ", unit, ", recomputed"), number_text(claimed->number.value));
      }
    } else if (demanded && files_.results.has_value()) {
      add(Rule::kClaimMissing, kResultsFile, 0, concat("the median of ", name), "none");
    }
    report_.figures.push_back(std::move(figure));
  }

  // Each listed window against the measured one.
  void window_claims(const std::vector<StatedWindow>& stated_windows) {
    if (measured_.empty() || stated_windows.empty()) return;
    if (measured_.size() != stated_windows.size()) {
      add(Rule::kWindowMismatch, kResultsFile, 0, concat(measured_.size(), " windows, as in ", measured_[0].file),
          concat(stated_windows.size()));
      return;
    }
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      const Window& window = measured_[i];
      const StatedWindow& claim = stated_windows[i];
      if (claim.iterations && window.iterations && *claim.iterations != *window.iterations) {
        add(Rule::kWindowMismatch, kResultsFile, claim.line, concat(*window.iterations, " iterations"),
            concat(*claim.iterations));
      }
      // Of energy mode, only the trace's times are exact.
      if (mode() == Mode::kEnergy && !window.energy_uj) continue;
      hold(claim, claim.seconds, window.seconds, window.time_tolerance, "s");
      hold(claim, claim.throughput, window.throughput(), window.time_tolerance, "inf/s");
      hold(claim, claim.energy_uj, window.energy_uj, limits::kEnergyTolerance, "uJ");
      hold(claim, claim.uj_per_inference, window.uj_per_inference(), limits::kEnergyTolerance, "uJ/inf");
    }
  }

  void hold(const StatedWindow& claim, const std::optional<Decimal>& stated, std::optional<double> computed,
            double tolerance, const char* unit) {
    if (!stated || !computed || agrees(*stated, *computed, tolerance)) return;
    add(Rule::kWindowMismatch, kResultsFile, claim.line, concat(number_text(*computed), " ", unit),
        number_text(stated->value));
  }

  // The MLC runner's log has times too.
  void printed_times() {
    if (!files_.trials || !files_.log || measured_.size() != files_.log->inferences.size()) return;
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      const Inference& inference = files_.log->inferences[i];
      if (!inference.printed_s || !measured_[i].seconds) continue;
      if (agrees(*inference.printed_s, *measured_[i].seconds, limits::kTimeTolerance)) continue;
      add(Rule::kWindowMismatch, kLogFile, inference.line,
          concat(seconds_text(*measured_[i].seconds), ", as in ", kResultsJsonFile),
          seconds_text(inference.printed_s->value));
    }
  }

  void runner_errors() {
    for (const LogLine& error : files_.results->errors) {
      add(Rule::kRunnerSaysInvalid, kResultsFile, error.line, "no error", error.text);
    }
  }

  // ---- energy ----

  void energy() {
    bool voltage = files_.log.has_value() && files_.log->voltage_mv.has_value();
    for (const Trial& trial : files_.trials.value_or(std::vector<Trial>{})) voltage |= trial.voltage_v.has_value();
    if (!voltage && (files_.log.has_value() || files_.trials.has_value())) {
      add(Rule::kVoltageMissing, report_.runner == Runner::kMlc ? kResultsJsonFile : kLogFile, 0,
          "the supply's voltage", "none");
    }
    for (const Trial& trial : files_.trials.value_or(std::vector<Trial>{})) {
      if (energy_of(trial).has_value()) continue;
      add(Rule::kTraceEdges, kResultsJsonFile, 0, "two events within the samples",
          concat(trial.events.size(), " events, ", trial.samples_j.size(), " samples"));
    }
    if (!files_.trace.has_value() || !files_.edges.has_value()) return;
    const std::vector<double>& edges = *files_.edges;
    if (files_.log.has_value()) {
      const std::size_t wanted = 2 * files_.log->inferences.size() + 1;
      if (edges.size() != wanted) {
        add(Rule::kTraceEdges, kEdgesFile, 0, concat(wanted, " edges"), concat(edges.size()));
      }
    }
    const double length = files_.trace->seconds();
    if (!edges.empty() && edges.back() > length) {
      add(Rule::kTraceEdges, kEdgesFile, 0, concat("edges within the trace's ", seconds_text(length)),
          seconds_text(edges.back()));
    }
    if (!files_.log || !files_.log->trace_start_s || !files_.log->trace_end_s) return;
    const double host = *files_.log->trace_end_s - *files_.log->trace_start_s;
    if (host - length > limits::kMaxDropped * host + limits::kTraceSeconds) {
      add(Rule::kTraceGaps, kTraceFile, 0, concat("samples for ", seconds_text(host)), seconds_text(length));
    }
  }

  // ---- accuracy ----

  std::vector<Judged> judged() const {
    std::vector<Judged> inputs;
    if (files_.trials.has_value()) {
      for (const Trial& trial : *files_.trials) {
        const auto label = trial.label ? trial.label : label_of_name(report_.benchmark, trial.input);
        inputs.push_back({trial.input, trial.results, label});
      }
      return inputs;
    }
    if (!files_.log.has_value()) return inputs;
    for (const Inference& inference : files_.log->inferences) {
      inputs.push_back({inference.input, inference.results, label_of_name(report_.benchmark, inference.input)});
    }
    return inputs;
  }

  void accuracy() {
    const BenchmarkFacts* facts = facts_of(report_.benchmark);
    const bool auc = facts != nullptr ? facts->metric == QualityMetric::kAuc
                                      : files_.results.has_value() && !files_.results->top1.has_value();
    const std::vector<Judged> inputs = judged();
    if (facts != nullptr && !inputs.empty()) {
      std::set<std::string_view> files;
      for (const Judged& input : inputs) files.insert(input.input);
      if (std::ranges::find(facts->input_counts, files.size()) == facts->input_counts.end()) {
        add(Rule::kInputCount, files_.trials ? kResultsJsonFile : kLogFile, 0,
            facts->input_counts[0] == facts->input_counts[1]
                ? concat(facts->input_counts[0], " files")
                : concat(facts->input_counts[0], " or ", facts->input_counts[1], " files"),
            concat(files.size()));
      }
    }
    Figure figure{auc ? "AUC" : "top-1", auc ? "" : "%", std::nullopt, std::nullopt};
    figure.recomputed = auc ? anomaly_auc(inputs) : top1_percent(inputs);
    const std::optional<Stated> claimed = !files_.results ? std::nullopt
                                          : auc           ? files_.results->auc
                                                          : files_.results->top1;
    if (claimed.has_value()) {
      figure.claimed = claimed->number.value;
      if (facts != nullptr) quality(*facts, *claimed, figure);
    } else if (files_.results.has_value()) {
      add(Rule::kClaimMissing, kResultsFile, 0, figure.name, "none");
    }
    report_.figures.push_back(std::move(figure));
  }

  void quality(const BenchmarkFacts& facts, const Stated& claimed, const Figure& figure) {
    const std::string target = concat(figure.name, " of at least ", number_text(facts.target));
    if (is_closed() && claimed.number.value < facts.target) {
      add(Rule::kQualityBelowTarget, kResultsFile, claimed.line, target, number_text(claimed.number.value));
    }
    if (!figure.recomputed.has_value()) return;
    if (!agrees(claimed.number, *figure.recomputed, 0)) {
      add(Rule::kQualityMismatch, kResultsFile, claimed.line, concat(number_text(*figure.recomputed), ", recomputed"),
          number_text(claimed.number.value));
    } else if (is_closed() && *figure.recomputed < facts.target && claimed.number.value >= facts.target) {
      add(Rule::kQualityRoundedUp, kResultsFile, claimed.line, target, number_text(*figure.recomputed, 6));
    }
  }

  // ---- streaming wakeword: one long run ----

  void streaming() {
    if (!files_.results.has_value()) return;
    const ResultsFile& results = *files_.results;
    if (mode() == Mode::kEnergy) {
      Figure power{"power", "mW", std::nullopt, std::nullopt};
      for (const StatedWindow& window : results.energy) {
        if (window.power_mw) power.claimed = window.power_mw->value;
        stream_window(window);
      }
      if (!power.claimed) add(Rule::kClaimMissing, kResultsFile, 0, "Power", "none");
      report_.figures.push_back(std::move(power));
    }
    Figure throughput{"throughput", "inf/s", std::nullopt, std::nullopt};
    if (results.streaming_throughput) {
      throughput.claimed = results.streaming_throughput->number.value;
      stream_rate(results);
    } else {
      add(Rule::kClaimMissing, kResultsFile, 0, "Estimated throughput", "none");
    }
    report_.figures.push_back(std::move(throughput));
    if (results.detections) {
      detections(*results.detections);
    } else {
      add(Rule::kClaimMissing, kResultsFile, 0, "Accuracy: true positives, false negatives, false positives", "none");
    }
  }

  void stream_window(const StatedWindow& window) {
    if (!window.seconds) return;
    if (window.seconds->value < limits::kStreamSeconds) {
      add(Rule::kStreamTooShort, kResultsFile, window.line,
          concat("at least ", number_text(limits::kStreamSeconds), " s"), seconds_text(window.seconds->value));
    }
    if (!window.energy_uj || !window.power_mw || window.seconds->value <= 0) return;
    const double power = window.energy_uj->value / 1000 / window.seconds->value;
    if (!agrees(*window.power_mw, power, limits::kTimeTolerance)) {
      add(Rule::kStreamMismatch, kResultsFile, window.line, concat(number_text(power), " mW, energy over time"),
          number_text(window.power_mw->value));
    }
  }

  // Throughput is one over the time that a frame computes: duty cycle times period.
  void stream_rate(const ResultsFile& results) {
    if (!results.duty_cycle || !results.period_s) return;
    const double busy_s = results.duty_cycle->number.value * results.period_s->number.value;
    if (busy_s <= 0) return;
    // Both factors are printed with few digits.
    const double tolerance = results.duty_cycle->number.last_digit() / results.duty_cycle->number.value +
                             results.period_s->number.last_digit() / results.period_s->number.value;
    if (!agrees(results.streaming_throughput->number, 1 / busy_s, tolerance)) {
      add(Rule::kStreamMismatch, kResultsFile, results.streaming_throughput->line,
          concat(number_text(1 / busy_s), " inf/s, of duty cycle and period"),
          number_text(results.streaming_throughput->number.value));
    }
  }

  void detections(const StatedDetections& stated) {
    report_.figures.push_back({"false negatives", "", static_cast<double>(stated.false_negatives), std::nullopt});
    report_.figures.push_back({"false positives", "", static_cast<double>(stated.false_positives), std::nullopt});
    if (stated.true_positives + stated.false_negatives != limits::kWakewords) {
      add(Rule::kDetectionCount, kResultsFile, stated.line, concat(limits::kWakewords, " wakewords"),
          concat(stated.true_positives + stated.false_negatives));
    }
    if (is_closed() && stated.false_negatives > limits::kMaxFalseNegatives) {
      add(Rule::kQualityBelowTarget, kResultsFile, stated.line,
          concat("at most ", limits::kMaxFalseNegatives, " false negatives"), concat(stated.false_negatives));
    }
    if (is_closed() && stated.false_positives > limits::kMaxFalsePositives) {
      add(Rule::kQualityBelowTarget, kResultsFile, stated.line,
          concat("at most ", limits::kMaxFalsePositives, " false positives"), concat(stated.false_positives));
    }
    if (!files_.log.has_value()) return;
    listed(stated, files_.log->listed_false_negatives, stated.false_negatives, "false negatives");
    listed(stated, files_.log->listed_false_positives, stated.false_positives, "false positives");
  }

  void listed(const StatedDetections& stated, std::optional<std::uint64_t> list, std::uint64_t claimed,
              const char* what) {
    if (!list || *list == claimed) return;
    add(Rule::kStreamMismatch, kResultsFile, stated.line, concat(*list, " ", what, ", as the log lists"),
        concat(claimed));
  }

  const RunFiles& files_;
  RunReport& report_;
  std::vector<Window> measured_;
};

struct Output {
  std::string_view file;  // that has it
  std::uint32_t line = 0;
  const std::vector<float>* results = nullptr;
};

// By input and offset. Of anomaly detection by the MLC runner no two files say which window is which.
std::map<std::pair<std::string_view, std::uint64_t>, Output> outputs_of(const RunFiles& files) {
  std::map<std::pair<std::string_view, std::uint64_t>, Output> outputs;
  const bool mlc = files.log.has_value() && files.log->runner == Runner::kMlc;
  if (mlc && benchmark_of_model(files.log->model) == Benchmark::kAd) return outputs;
  if (files.log.has_value()) {
    for (const Inference& inference : files.log->inferences) {
      if (inference.results.empty() || inference.input.empty()) continue;
      outputs[{inference.input, inference.offset}] = {kLogFile, inference.line, &inference.results};
    }
  }
  if (outputs.empty() && mlc && files.trials.has_value()) {
    for (const Trial& trial : *files.trials) outputs[{trial.input, 0}] = {kResultsJsonFile, 0, &trial.results};
  }
  return outputs;
}

}  // namespace

std::span<const RuleText> all_rules() { return kRules; }

const RuleText& text_of(Rule rule) { return kRules[static_cast<std::size_t>(rule)]; }

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kUnverified:
      return "unverified";
    case Verdict::kInvalid:
      break;
  }
  return "invalid";
}

std::size_t RunReport::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      findings, [severity](const Finding& finding) { return text_of(finding.rule).severity == severity; }));
}

Verdict RunReport::verdict() const {
  if (count(Severity::kError) > 0) return Verdict::kInvalid;
  const bool verified = !figures.empty() && std::ranges::all_of(figures, [](const Figure& figure) {
    return !figure.claimed.has_value() || figure.recomputed.has_value();
  });
  return verified ? Verdict::kValid : Verdict::kUnverified;
}

void add_finding(RunReport* report, Finding finding) {
  const auto known = std::ranges::count(report->findings, finding.rule, &Finding::rule);
  if (known < static_cast<std::ptrdiff_t>(limits::kFindingsPerRule)) {
    report->findings.push_back(std::move(finding));
  } else {
    ++report->more_findings;
  }
}

void check_run(const RunFiles& files, RunReport* report) { Check(files, report).run(); }

void check_outputs(const RunFiles& earlier, const std::string& earlier_name, const RunFiles& files, RunReport* report) {
  const auto known = outputs_of(earlier);
  for (const auto& [input, output] : outputs_of(files)) {
    const auto other = known.find(input);
    if (other == known.end()) continue;
    const std::vector<float>& now = *output.results;
    const std::vector<float>& then = *other->second.results;
    const bool same = std::ranges::equal(now, then, [](float a, float b) {
      return std::abs(static_cast<double>(a) - static_cast<double>(b)) <= limits::kOutputTolerance;
    });
    if (same) continue;
    add_finding(report, {Rule::kOutputsDiffer, std::string(output.file), output.line,
                         concat("the outputs of ", earlier_name, " for ", input.first), "others"});
    return;
  }
}

}  // namespace tinyrig::mlperf
