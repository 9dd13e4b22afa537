// Real runs of published submissions: their figures come out of their logs, traces and raw results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/mlperf/audit.h"

namespace tinyrig::mlperf {
namespace {

class PublishedRuns : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("TINYRIG_REFERENCE_DIR");
    if (folder == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
    samples_ = std::filesystem::path(folder) / "samples";
  }

  std::string read(const std::string& name) const {
    std::ifstream file(samples_ / name, std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    return {std::istreambuf_iterator<char>(file), {}};
  }

  RunReport audited(const std::string& folder) const {
    const auto report = audit(samples_ / folder);
    if (!report.ok() || report->runs.size() != 1) {
      ADD_FAILURE() << report.status();
      return {};
    }
    for (const Finding& finding : report->runs[0].findings) {
      if (text_of(finding.rule).severity == Severity::kError) {
        ADD_FAILURE() << folder << " " << text_of(finding.rule).id << " " << finding.seen;
      }
    }
    return report->runs[0];
  }

  std::filesystem::path samples_;
};

TEST_F(PublishedRuns, EnergyOfEachWindow) {
  for (const char* name : {"st_h7a3zi_kws", "st_l4r5zi_kws"}) {
    const std::string folder = std::string("energy_traces/") + name + "/";
    const auto trace = parse_energy_trace(read(folder + "trace1-energy.bin"));
    const auto edges = parse_edges(read(folder + "trace1-timestamps.json"));
    ASSERT_TRUE(trace.ok() && edges.ok()) << trace.status() << edges.status();
    const ResultsFile results = parse_results_file(read(folder + "results.txt"));
    const auto windows = energy_windows(*trace, *edges);
    ASSERT_EQ(windows.size(), 5U);
    ASSERT_EQ(results.energy.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
      const double official = results.energy[i].energy_uj->value;
      EXPECT_NEAR(windows[i].energy_uj / official, 1, 1e-8) << name << " window " << i;
    }
  }
}

TEST_F(PublishedRuns, EnergyRunnersEnergy) {
  const RunReport high = audited("energy_traces/st_h7a3zi_kws");
  EXPECT_EQ(high.verdict(), Verdict::kValid);
  EXPECT_EQ(high.mode, Mode::kEnergy);
  EXPECT_EQ(high.benchmark, Benchmark::kKws);
  EXPECT_TRUE(high.findings.empty());
  ASSERT_EQ(high.figures.size(), 2U);
  EXPECT_NEAR(*high.figures[0].recomputed, 1375.599, 0.001);
  EXPECT_NEAR(*high.figures[1].recomputed, 88.590, 0.001);
  const RunReport low = audited("energy_traces/st_l4r5zi_kws");
  EXPECT_EQ(low.verdict(), Verdict::kValid);
  EXPECT_TRUE(low.findings.empty());
  EXPECT_NEAR(*low.figures[0].recomputed, 1820.454, 0.001);
}

TEST_F(PublishedRuns, EnergyRunnersPerformance) {
  const RunReport run = audited("transcripts/eembc_perf_h7a3_kws");
  EXPECT_EQ(run.verdict(), Verdict::kValid);
  EXPECT_TRUE(run.findings.empty());
  EXPECT_NEAR(*run.figures[0].recomputed, 88.356, 0.001);
}

TEST_F(PublishedRuns, TheMlcRunnersPerformanceAndEnergy) {
  const RunReport performance = audited("transcripts/mlc_perf_l4r5_kws");
  EXPECT_EQ(performance.verdict(), Verdict::kValid);
  EXPECT_TRUE(performance.findings.empty());
  EXPECT_NEAR(*performance.figures[0].recomputed, 23.032, 0.001);
  const RunReport energy = audited("transcripts/mlc_energy_l4r5_kws");
  EXPECT_EQ(energy.verdict(), Verdict::kValid);
  EXPECT_TRUE(energy.findings.empty());
  EXPECT_NEAR(*energy.figures[0].recomputed, 1430.6681, 0.001);
}

TEST_F(PublishedRuns, StreamingWakeword) {
  const RunReport run = audited("transcripts/mlc_sww_energy_l4r5");
  EXPECT_EQ(run.benchmark, Benchmark::kSww);
  EXPECT_EQ(run.verdict(), Verdict::kUnverified);
  EXPECT_EQ(run.figures[0].claimed, 25.622);
  EXPECT_EQ(run.count(Severity::kWarning), 1U);  // results.json
}

TEST_F(PublishedRuns, TheHeadOfAnAccuracyLog) {
  const DutLog log = parse_dut_log(read("transcripts/eembc_accuracy_h7a3_kws_head/log_head.txt"));
  EXPECT_EQ(log.run_mode, "multi");
  EXPECT_EQ(log.model, "kws01");
  ASSERT_GT(log.inferences.size(), 10U);
  EXPECT_EQ(log.inferences[2].input, "tst_000002_Right_6.bin");
  EXPECT_EQ(log.inferences[2].elapsed_us(), 195261858U - 195248791U);
  EXPECT_EQ(log.inferences[2].results.size(), 12U);
  EXPECT_TRUE(log.errors.empty());
}

}  // namespace
}  // namespace tinyrig::mlperf
