// Trees, and what may lie in them.
#include "server/mlperf/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "server/base/error.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr char kKws[] = "closed/acme/results/board/kws/";

std::vector<Rule> rules_of(const std::vector<Finding>& findings) {
  std::vector<Rule> rules;
  for (const Finding& finding : findings) rules.push_back(finding.rule);
  return rules;
}

TEST(Audit, AWholeSubmission) {
  const TempTree tree;
  tree.add(std::string(kKws) + "performance", eembc_performance());
  tree.add(std::string(kKws) + "energy", eembc_energy());
  tree.add(std::string(kKws) + "accuracy", eembc_accuracy());
  tree.add("closed/acme/code/kws", {{"log.txt", "no run"}, {"results.txt", "no run"}});
  tree.add(".git/x", {{"log.txt", "no run"}});
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->runs, SizeIs(3));
  EXPECT_EQ(report->runs[0].folder, std::string(kKws) + "accuracy");
  EXPECT_EQ(report->count(Verdict::kValid), 3U);
  EXPECT_EQ(report->count(Severity::kError), 0U);
  EXPECT_EQ(report->count(Severity::kWarning), 0U);
}

TEST(Audit, APartOfOne) {
  const TempTree tree;
  const auto folder = tree.add(std::string(kKws) + "performance", eembc_performance());
  const auto report = audit(folder);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->runs, SizeIs(1));
  EXPECT_EQ(report->runs[0].folder, ".");
  EXPECT_EQ(report->runs[0].division, Division::kClosed);
  EXPECT_TRUE(report->findings.empty());
}

TEST(Audit, ABenchmarkNeedsAccuracyAndPerformance) {
  const TempTree tree;
  tree.add(std::string(kKws) + "performance", eembc_performance());
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(rules_of(report->findings), testing::ElementsAre(Rule::kCompanionMissing));
  EXPECT_EQ(report->findings[0].file, "closed/acme/results/board/kws");
}

TEST(Audit, ModesOfOneModelGiveEqualOutputs) {
  const TempTree tree;
  Files performance = eembc_performance();
  replace(&performance["log.txt"], "m-results-" + kws_results(3), "m-results-" + kws_results(4));
  tree.add(std::string(kKws) + "performance", performance);
  tree.add(std::string(kKws) + "accuracy", eembc_accuracy());
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  ASSERT_THAT(rules_of(report->runs[1].findings), testing::ElementsAre(Rule::kOutputsDiffer));
  EXPECT_THAT(report->runs[1].findings[0].expected, HasSubstr("accuracy for tst_000003"));
}

TEST(Audit, NoRuns) {
  const TempTree tree;
  tree.add("a/b", {{"readme.txt", ""}});
  const auto none = audit(tree.root());
  EXPECT_EQ(reason_of(none.status()), "NO_RUNS");
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("log.txt or results.txt"));
  EXPECT_EQ(reason_of(audit(tree.root() / "missing").status()), "FOLDER_UNREADABLE");
  EXPECT_EQ(reason_of(audit(tree.root() / "a/b/readme.txt").status()), "FOLDER_UNREADABLE");
}

TEST(Audit, LinksAreNotFollowed) {
  const TempTree tree;
  const auto run = tree.add(std::string(kKws) + "performance", eembc_performance());
  std::filesystem::create_directory_symlink(tree.root(), tree.root() / "loop");
  std::filesystem::rename(run / "log.txt", tree.root() / "elsewhere");
  std::filesystem::create_symlink(tree.root() / "elsewhere", run / "log.txt");
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  ASSERT_THAT(report->runs, SizeIs(1));
  EXPECT_THAT(rules_of(report->runs[0].findings), testing::Contains(Rule::kSymbolicLink));
  EXPECT_THAT(rules_of(report->runs[0].findings), testing::Not(testing::Contains(Rule::kLogMissing)));
  EXPECT_THAT(rules_of(report->findings), testing::Contains(Rule::kSymbolicLink));
}

TEST(Audit, NoRegularFiles) {
  const TempTree tree;
  Files files = eembc_performance();
  files.erase("log.txt");
  files.erase("results.txt");
  const auto run = tree.add(std::string(kKws) + "performance", files);
  ASSERT_EQ(mkfifo((run / "log.txt").c_str(), 0600), 0);  // opening it would wait for ever
  std::filesystem::create_directory(run / "results.txt");
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  const auto rules = rules_of(report->runs[0].findings);
  EXPECT_EQ(std::ranges::count(rules, Rule::kFileUnreadable), 2);
  EXPECT_EQ(report->runs[0].verdict(), Verdict::kInvalid);
}

TEST(Audit, Limits) {
  const TempTree tree;
  tree.add(std::string(kKws) + "performance", eembc_performance());
  tree.add("closed/acme/results/board/vww/performance", eembc_performance());
  AuditLimits limits;
  limits.max_log_bytes = 100;
  limits.max_file_bytes = 100;
  const auto small = audit(tree.root(), limits);
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(std::ranges::count(rules_of(small->runs[0].findings), Rule::kFileTooLarge), 3);

  limits = {};
  limits.max_runs = 1;
  const auto few = audit(tree.root(), limits);
  ASSERT_TRUE(few.ok());
  EXPECT_THAT(few->runs, SizeIs(1));
  EXPECT_THAT(rules_of(few->findings), testing::Contains(Rule::kTreeTooLarge));

  limits = {};
  limits.max_entries = 8;
  limits.max_runs = 10;
  const auto cut = audit(tree.root(), limits);
  ASSERT_TRUE(cut.ok());
  EXPECT_THAT(rules_of(cut->findings), testing::Contains(Rule::kTreeTooLarge));

  std::string deep = "d";
  for (int i = 0; i < 40; ++i) deep += "/d";
  tree.add(deep, {{"log.txt", ""}});
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->runs, SizeIs(2));
  EXPECT_THAT(rules_of(report->findings), testing::Contains(Rule::kTreeTooLarge));
}

TEST(Audit, TextsOfFilesAreCleaned) {
  const TempTree tree;
  Files files = eembc_performance();
  replace(&files["log.txt"], "Firmware V0.0.1", "\x1b[31m\xff");
  tree.add(std::string(kKws) + "performance", files);
  const auto report = audit(tree.root());
  ASSERT_TRUE(report.ok());
  for (const Finding& finding : report->runs[0].findings) {
    EXPECT_EQ(finding.seen.find('\x1b'), std::string::npos);
    EXPECT_EQ(finding.seen.find('\xff'), std::string::npos);
  }
}

}  // namespace
}  // namespace tinyrig::mlperf
