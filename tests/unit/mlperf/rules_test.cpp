// Each rule: a run that keeps all of them is broken in one place, and that rule says so.
#include "server/mlperf/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "server/mlperf/audit.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

constexpr char kSystem[] = "closed/acme/results/board/";

std::string rule_ids(const RunReport& run) {
  std::string text;
  for (const Finding& finding : run.findings) text += std::string(text_of(finding.rule).id) + " ";
  return text;
}

std::string details(const RunReport& run) {
  std::string text;
  for (const Finding& finding : run.findings) {
    text += std::string(text_of(finding.rule).id) + " " + finding.file + ":" + std::to_string(finding.line) +
            " expected " + finding.expected + " seen " + finding.seen + "\n";
  }
  return text;
}

bool has(const RunReport& run, Rule rule) {
  return std::ranges::any_of(run.findings, [rule](const Finding& finding) { return finding.rule == rule; });
}

// The run audited at its place in a submission.
RunReport audited(const Files& files, const std::string& folder) {
  const TempTree tree;
  tree.add(kSystem + folder, files);
  const auto report = audit(tree.root());
  if (!report.ok() || report->runs.size() != 1) {
    ADD_FAILURE() << report.status();
    return {};
  }
  return report->runs[0];
}

struct Kind {
  const char* name;
  Files (*make)();
  const char* folder;
};
const Kind kPerformance{"performance", eembc_performance, "kws/performance"};
const Kind kEnergy{"energy", eembc_energy, "kws/energy"};
const Kind kAccuracy{"accuracy", eembc_accuracy, "kws/accuracy"};
const Kind kAnomaly{"anomaly", [] { return eembc_anomaly(20); }, "ad/accuracy"};
const Kind kMlcPerformance{"mlc_performance", mlc_performance, "kws/performance"};
const Kind kMlcEnergy{"mlc_energy", mlc_energy, "kws/energy"};
const Kind kStreaming{"streaming", mlc_streaming, "sww/energy"};

TEST(Rules, RunsThatKeepThemAreValid) {
  for (const Kind& kind : {kPerformance, kEnergy, kAccuracy, kAnomaly, kMlcPerformance, kMlcEnergy}) {
    const RunReport run = audited(kind.make(), kind.folder);
    EXPECT_EQ(run.verdict(), Verdict::kValid) << kind.name << "\n" << details(run);
    EXPECT_EQ(details(run), "") << kind.name;
    EXPECT_EQ(run.division, Division::kClosed);
    ASSERT_FALSE(run.figures.empty());
    EXPECT_NEAR(run.figures[0].recomputed.value_or(0), run.figures[0].claimed.value_or(-1), 0.001) << kind.name;
  }
  // Nobody can recompute which wakewords were heard.
  const RunReport streaming = audited(mlc_streaming(), "sww/energy");
  EXPECT_EQ(details(streaming), "");
  EXPECT_EQ(streaming.verdict(), Verdict::kUnverified);
}

struct Case {
  Rule rule;
  const Kind* kind;
  std::function<void(Files*)> breaks;
};

std::function<void(Files*)> in(const std::string& file, const std::string& from, const std::string& to) {
  return [=](Files* files) { replace(&(*files)[file], from, to); };
}
std::function<void(Files*)> once(const std::string& file, const std::string& from, const std::string& to) {
  return [=](Files* files) { replace_first(&(*files)[file], from, to); };
}
std::function<void(Files*)> without(const std::string& file) {
  return [=](Files* files) { files->erase(file); };
}

// Window 0 of all files takes another time.
void shorten(Files* files) {
  replace(&(*files)["log.txt"], "m-lap-us-12000000", "m-lap-us-10999999");
  replace(&(*files)["log.txt"], "00013.000", "00011.999");
  replace(&(*files)["results.txt"], "11.000 sec", "9.999 sec");
  replace(&(*files)["results.txt"], "90.909", "100.000");
  replace(&(*files)["results.txt"], "90.893", "90.893");
}

void few_iterations(Files* files) {
  for (const char* name : {"log.txt", "script.async"}) replace(&(*files)[name], "infer 1000 1", "infer 9 1");
  replace(&(*files)["log.txt"], "m-infer-start-1000", "m-infer-start-9");
  replace(&(*files)["results.txt"], ":         1000", ":         9");
}

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {Rule::kFileBinary, &kPerformance, [](Files* files) { (*files)["log.txt"] = std::string(5000, '\x01'); }},
      {Rule::kFileBinary, &kPerformance, [](Files* files) { (*files)["results.txt"] = std::string(5000, '\0'); }},
      {Rule::kFileBroken, &kEnergy, [](Files* files) { (*files)["trace1-energy.bin"][0] = 'x'; }},
      {Rule::kFileBroken, &kEnergy, [](Files* files) { (*files)["trace1-energy.bin"].pop_back(); }},
      {Rule::kFileBroken, &kEnergy, in("trace1-timestamps.json", "0.0505", "99")},
      {Rule::kFileBroken, &kMlcPerformance, [](Files* files) { (*files)["results.json"].pop_back(); }},
      {Rule::kResultsMissing, &kPerformance, without("results.txt")},
      {Rule::kLogMissing, &kPerformance, without("log.txt")},
      {Rule::kScriptMissing, &kPerformance, without("script.async")},
      {Rule::kResultsJsonMissing, &kMlcPerformance, without("results.json")},
      {Rule::kTraceMissing, &kEnergy, without("trace1-energy.bin")},
      {Rule::kTraceMissing, &kEnergy, without("trace1-timestamps.json")},
      {Rule::kLogIncomplete, &kPerformance, in("log.txt", "m-session-start-id", "m-other")},
      {Rule::kLogIncomplete, &kPerformance, in("log.txt", "m-session-stop-id", "m-other")},
      {Rule::kLogIncomplete, &kMlcPerformance, in("log.txt", "Session logged in file", "Session")},
      {Rule::kLogSessions, &kPerformance,
       [](Files* files) { (*files)["log.txt"] = "00000.500 session: m-session-start-id[1]\n" + (*files)["log.txt"]; }},
      {Rule::kLogTimeBackwards, &kPerformance,
       once("log.txt", "00013.000 dut: m-infer-done", "00012.999 dut: m-infer-done")},
      {Rule::kErrorMessage, &kPerformance,
       once("log.txt", "00001.003 dut: m-ready", "00001.003 dut: e-[Unknown command: x]")},
      {Rule::kErrorMessage, &kMlcPerformance,
       once("log.txt", "Device name retrieved: acme", "Traceback (most recent call last):")},
      {Rule::kPacketsDropped, &kEnergy,
       once("log.txt", "00071.500 emon: m-trace[off]",
            "00071.500 emon: e-[Dropped more than 0.1% of packets]\n00071.500 emon: m-trace[off]")},
      {Rule::kProfileMissing, &kPerformance, in("log.txt", "m-profile-", "m-prof-")},
      {Rule::kProfileUnknown, &kPerformance, in("log.txt", "Firmware V0.0.1", "Firmware V0.0.2")},
      {Rule::kProfileUnknown, &kMlcPerformance, in("log.txt", "Firmware V0.0.1", "Firmware V0.0.2")},
      {Rule::kModelUnknown, &kPerformance, in("log.txt", "kws01", "kws02")},
      {Rule::kBenchmarkMismatch, &kPerformance, in("log.txt", "kws01", "ic01")},
      {Rule::kModeMismatch, &kPerformance,
       [](Files* files) { (*files)["results.txt"] = "00070.000 ulp-mlperf: Top-1: 95.0%\n"; }},
      {Rule::kBoardRestarted, &kPerformance,
       once("log.txt", "00014.000 dut: m-warmup-done", "00014.000 dut: m-init-done")},
      {Rule::kBoardEmulated, &kPerformance,
       [](Files* files) {
         replace_first(&(*files)["log.txt"], "00001.002 dut: m-profile",
                       "00001.002 tinyrig: m-emulated[its time is virtual]\n00001.002 dut: m-profile");
         replace(&(*files)["log.txt"], "00013.000", "00013.900");  // and its clock is its own
       }},
      {Rule::kScriptMismatch, &kPerformance, once("script.async", "dut infer 1000 1", "dut infer 1000 2")},
      {Rule::kScriptMismatch, &kPerformance, once("script.async", kws_input(2), kws_input(3))},
      {Rule::kScriptMismatch, &kPerformance, [](Files* files) { (*files)["script.async"] = "[]"; }},
      {Rule::kWindowCount, &kPerformance,
       [](Files* files) {
         std::string& log = (*files)["log.txt"];
         const std::size_t from = log.find("00050.000 parser: Command \"bload");
         log.erase(from, log.find("00069.000") - from);
       }},
      {Rule::kWindowCount, &kEnergy,
       [](Files* files) {
         for (const char* message : {"m-warmup-start-", "m-infer-start-"}) {
           replace_first(&(*files)["log.txt"], message, "m-other-");
         }
       }},
      {Rule::kWindowUnfinished, &kPerformance, once("log.txt", "dut: m-infer-done", "dut: m-infer-do")},
      {Rule::kWindowUnfinished, &kPerformance, once("log.txt", "dut: m-results-", "dut: m-result-")},
      {Rule::kWindowUnfinished, &kPerformance, once("log.txt", "m-lap-us-12000000", "m-lap-us-")},
      {Rule::kWindowUnfinished, &kMlcPerformance, once("log.txt", "\ndone\n", "\n")},
      {Rule::kWindowTooShort, &kPerformance, shorten},
      {Rule::kWindowTooShort, &kMlcPerformance,
       once("results.json", "\"elapsed_time\": 11000000", "\"elapsed_time\": 9999999")},
      {Rule::kWindowTooShort, &kEnergy, in("trace1-timestamps.json", "12.0005", "10.0005")},
      {Rule::kIterationsTooFew, &kPerformance, few_iterations},
      {Rule::kIterationsDiffer, &kPerformance, once("log.txt", "m-infer-start-1000", "m-infer-start-1001")},
      {Rule::kInputRepeated, &kPerformance, in("log.txt", kws_input(1), kws_input(0))},
      {Rule::kInputsMadeUp, &kPerformance,
       [](Files* files) {
         for (const char* name : {"log.txt", "script.async"}) replace(&(*files)[name], kws_input(4), "generated_4.bin");
       }},
      {Rule::kClockMismatch, &kPerformance, in("log.txt", "00013.000", "00013.900")},
      {Rule::kResultsSize, &kPerformance, once("log.txt", "m-results-[0.996,", "m-results-[")},
      {Rule::kRunnerSaysInvalid, &kPerformance,
       once("results.txt", "Runtime requirements have been met.",
            "e-[The run must take at least 10 seconds and 10 iterations to be valid]")},
      {Rule::kClaimMissing, &kPerformance, in("results.txt", "Median throughput", "Mean throughput")},
      {Rule::kClaimMissing, &kEnergy, in("results.txt", "Median energy cost", "Mean energy cost")},
      {Rule::kClaimMissing, &kAnomaly, in("results.txt", "AUC:", "AUC is")},
      {Rule::kClaimMissing, &kStreaming, in("results.txt", "Estimated throughput", "Throughput")},
      {Rule::kWindowMismatch, &kPerformance, once("results.txt", "90.901", "90.911")},
      {Rule::kWindowMismatch, &kPerformance, once("results.txt", "11.001", "11.003")},
      {Rule::kWindowMismatch, &kPerformance, once("results.txt", ":         1000", ":         999")},
      {Rule::kWindowMismatch, &kEnergy,
       once("results.txt", "Energy       :  1100000.000", "Energy       :  1099000.000")},
      {Rule::kWindowMismatch, &kEnergy, once("results.txt", "1100.000 uJ/inf", "1099.000 uJ/inf")},
      {Rule::kWindowMismatch, &kMlcPerformance, once("log.txt", "11.000 sec", "11.100 sec")},
      {Rule::kWindowMismatch, &kMlcEnergy, once("results.txt", "Total Energy  : 1100000", "Total Energy  : 1101000")},
      {Rule::kMedianMismatch, &kPerformance,
       in("results.txt", "Median throughput is 90.893", "Median throughput is 90.901")},
      {Rule::kMedianMismatch, &kEnergy,
       in("results.txt", "Median energy cost is 1100.200", "Median energy cost is 1100.100")},
      {Rule::kMedianMismatch, &kMlcPerformance, in("results.txt", "is     90.893", "is     90.901")},
      {Rule::kMedianMismatch, &kMlcEnergy, in("results.txt", "is 1100.2000", "is 1100.1000")},
      {Rule::kTraceEdges, &kEnergy, in("trace1-timestamps.json", "0.0505,", "")},
      {Rule::kTraceEdges, &kEnergy, in("trace1-timestamps.json", "64.0045", "70.1")},
      {Rule::kTraceEdges, &kMlcEnergy, once("results.json", "[\"02\", 3], [\"03\", 10], ", "")},
      {Rule::kTraceGaps, &kEnergy, [](Files* files) { (*files)["trace1-energy.bin"] = trace_bytes(69); }},
      {Rule::kVoltageMissing, &kEnergy, in("log.txt", "m-voltage-mv[3000]", "m-ready")},
      {Rule::kVoltageMissing, &kMlcEnergy, in("results.json", "\"voltage\": 3", "\"voltage\": null")},
      {Rule::kInputCount, &kAccuracy, in("log.txt", kws_input(999), kws_input(998))},
      {Rule::kQualityBelowTarget, &kAccuracy, in("results.txt", "95.0%", "89.9%")},
      {Rule::kQualityBelowTarget, &kStreaming,
       [](Files* files) { replace(&(*files)["results.txt"], "47 True positives, 3", "41 True positives, 9"); }},
      {Rule::kQualityBelowTarget, &kStreaming, in("results.txt", "2 False positives", "9 False positives")},
      {Rule::kQualityMismatch, &kAccuracy, in("results.txt", "95.0%", "95.2%")},
      {Rule::kQualityMismatch, &kAnomaly,
       [](Files* files) { (*files)["results.txt"] = "00003.000 ulp-mlperf: AUC: 0.99\n"; }},
      {Rule::kDetectionCount, &kStreaming, in("results.txt", "47 True", "46 True")},
      {Rule::kStreamTooShort, &kStreaming, in("results.txt", "1200.002", "1100.002")},
      {Rule::kStreamMismatch, &kStreaming, in("results.txt", "62.500", "63.500")},
      {Rule::kStreamMismatch, &kStreaming, in("results.txt", "20.0000 mW", "19.0000 mW")},
      {Rule::kStreamMismatch, &kStreaming, in("log.txt", "612.555 715.31", "612.555")},
  };
  return kCases;
}

TEST(Rules, EachSaysWhatWasBroken) {
  for (const Case& broken : cases()) {
    Files files = broken.kind->make();
    broken.breaks(&files);
    const RunReport run = audited(files, broken.kind->folder);
    const RuleText& rule = text_of(broken.rule);
    EXPECT_TRUE(has(run, broken.rule)) << rule.id << " of " << broken.kind->name << ": " << details(run);
    if (rule.severity == Severity::kError) {
      EXPECT_EQ(run.verdict(), Verdict::kInvalid) << rule.id;
    } else {
      EXPECT_EQ(run.count(Severity::kError), 0U) << rule.id << ": " << rule_ids(run);
    }
  }
}

TEST(Rules, SayWhereAndWhat) {
  Files files = eembc_performance();
  shorten(&files);
  const RunReport run = audited(files, "kws/performance");
  ASSERT_EQ(run.findings.size(), 1U) << details(run);
  EXPECT_EQ(run.findings[0].file, "log.txt");
  EXPECT_EQ(run.findings[0].line, 15U);
  EXPECT_EQ(run.findings[0].expected, "at least 10 s in window 1");
  EXPECT_EQ(run.findings[0].seen, "9.999999 s");
}

TEST(Rules, OfTheTreeAreCoveredElsewhere) {
  std::set<Rule> broken = {Rule::kFileUnreadable,   Rule::kFileTooLarge,     Rule::kSymbolicLink,
                           Rule::kTreeTooLarge,     Rule::kCompanionMissing, Rule::kOutputsDiffer,
                           Rule::kBenchmarkUnknown, Rule::kModeUnknown,      Rule::kQualityRoundedUp};
  for (const Case& c : cases()) broken.insert(c.rule);
  EXPECT_EQ(broken.size(), all_rules().size()) << "a rule has no test";
}

TEST(Rules, TargetsBindTheClosedDivisionOnly) {
  Files files = eembc_accuracy();
  replace(&files["results.txt"], "95.0%", "89.9%");
  const TempTree tree;
  tree.add("open/acme/results/board/kws/accuracy", files);
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(has(report->runs[0], Rule::kQualityBelowTarget));
  EXPECT_TRUE(has(report->runs[0], Rule::kQualityMismatch));
}

TEST(Rules, RoundedUpToTheTarget) {
  Files files = eembc_anomaly(15, 12);
  const double exact = audited(files, "ad/accuracy").figures[0].recomputed.value_or(0);
  ASSERT_GT(exact, 0.845);
  ASSERT_LT(exact, 0.85);
  files["results.txt"] = "00003.000 ulp-mlperf: AUC: 0.85\n";
  const RunReport run = audited(files, "ad/accuracy");
  EXPECT_TRUE(has(run, Rule::kQualityRoundedUp)) << details(run);
  EXPECT_EQ(run.verdict(), Verdict::kValid);
}

TEST(Rules, UnknownWhatItIs) {
  const TempTree tree;
  tree.add("somewhere", {{"results.txt", "hello\n"}});
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(has(report->runs[0], Rule::kBenchmarkUnknown));
  EXPECT_TRUE(has(report->runs[0], Rule::kModeUnknown));
}

TEST(Rules, EnergyWithoutATraceIsUnverified) {
  Files files = eembc_energy();
  files.erase("trace1-energy.bin");
  const RunReport run = audited(files, "kws/energy");
  EXPECT_EQ(run.verdict(), Verdict::kUnverified) << details(run);
  // The rules still hold for what is stated.
  replace(&files["results.txt"], "for 11.00 sec.", "for 9.99 sec.");
  EXPECT_TRUE(has(audited(files, "kws/energy"), Rule::kWindowTooShort));
}

TEST(Rules, OneBrokenRuleHasFewFindings) {
  Files files = eembc_performance();
  std::string errors;
  for (int i = 0; i < 50; ++i) errors += "00001.003 dut: e-[Unknown command: x]\n";
  replace_first(&files["log.txt"], "00001.003 dut: m-ready\n", errors);
  const RunReport run = audited(files, "kws/performance");
  EXPECT_EQ(run.findings.size(), limits::kFindingsPerRule);
  EXPECT_EQ(run.more_findings, 50 - limits::kFindingsPerRule);
}

TEST(Rules, DocsHaveThemAll) {
  std::ifstream file(TINYRIG_SOURCE_DIR "/docs/mlperf.md");
  const std::string docs(std::istreambuf_iterator<char>(file), {});
  for (const RuleText& rule : all_rules()) {
    const std::string row = "| `" + std::string(rule.id) + "` | " +
                            (rule.severity == Severity::kError ? "error" : "warning") + " | " +
                            (rule.official ? "yes" : "no") + " |";
    EXPECT_NE(docs.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace tinyrig::mlperf
