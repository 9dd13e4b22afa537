// The real tinyrig binary: `mlperf check` over trees of files, its text, its JSON and its exit codes.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/api/spawned.h"
#include "tests/support/link/host_agent.h"
#include "tests/support/mlperf/synthetic_run.h"

namespace tinyrig::mlperf {
namespace {

using testing::HasSubstr;
using testing_support::Ended;
using testing_support::Spawned;

constexpr char kRun[] = "closed/acme/results/board/kws/performance";

Ended check(const std::string& folder, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {TINYRIG_CLI, "mlperf", "check", folder};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Spawned(arguments).wait();
}

TEST(MlperfCli, ARunThatKeepsTheRules) {
  const TempTree tree;
  tree.add(kRun, eembc_performance());
  const Ended ended = check((tree.root() / kRun).string());
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("90.893 inf/s"));
  EXPECT_THAT(ended.out, HasSubstr("1 run: 1 valid, 0 unverified, 0 invalid; 0 errors, 0 warnings\n"));
}

TEST(MlperfCli, ARunThatBreaksOne) {
  const TempTree tree;
  Files files = eembc_performance();
  replace(&files["log.txt"], "m-lap-us-12000000", "m-lap-us-10999999");
  tree.add(kRun, files);
  const Ended ended = check(tree.root().string());
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr(std::string(kRun) + "/log.txt:15: error: expected at least 10 s in window 1; "
                                                       "seen 9.999999 s [WINDOW_TOO_SHORT]\n"));
}

TEST(MlperfCli, AsJson) {
  const TempTree tree;
  Files files = eembc_performance();
  replace(&files["log.txt"], "m-model-[kws01]", "m-model-[\"\x01\xff]");  // anyone's bytes
  tree.add(kRun, files);
  const Ended ended = check(tree.root().string(), {"--json"});
  EXPECT_EQ(ended.exit_code, 1);
  google::protobuf::Struct report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ended.out, &report).ok()) << ended.out;
  const auto& run = report.fields().at("runs").list_value().values(0).struct_value().fields();
  EXPECT_EQ(run.at("folder").string_value(), kRun);
  EXPECT_EQ(run.at("verdict").string_value(), "invalid");
  const auto& figure = run.at("figures").list_value().values(0).struct_value().fields();
  EXPECT_NEAR(figure.at("claimed").number_value(), 90.893, 1e-9);
  EXPECT_NEAR(figure.at("recomputed").number_value(), 1000 / 11.002, 1e-6);
  bool told = false;
  for (const auto& finding : run.at("findings").list_value().values()) {
    told |= finding.struct_value().fields().at("rule").string_value() == "MODEL_UNKNOWN";
  }
  EXPECT_TRUE(told) << ended.out;
}

TEST(MlperfCli, NothingToCheck) {
  const TempTree tree;
  const Ended none = check(tree.root().string());
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("[NO_RUNS]"));
  EXPECT_EQ(none.out, "");
  const Ended missing = check((tree.root() / "missing").string());
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("[FOLDER_UNREADABLE]"));
}

// The real agent as a board, with a reference model.
class MlperfRunCli : public testing::Test {
 protected:
  void SetUp() override {
    const char* reference = std::getenv("TINYRIG_REFERENCE_DIR");
    if (reference == nullptr) GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
    model_ = std::string(reference) + "/models/kws.tflite";
    port_ = (tree_.root() / "board").string();
    agent_.emplace(test::HostAgent::on_pty(port_, {"--slot-file", (tree_.root() / "slot").string()}));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!std::filesystem::exists(port_) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }

  std::vector<std::string> run(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {TINYRIG_CLI, "mlperf", "run", "--port", port_, "-o", out_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TempTree tree_;
  const std::filesystem::path out_ = tree_.root() / "closed/acme/results/host";
  std::string model_, port_;
  std::optional<test::HostAgent> agent_;
};

TEST_F(MlperfRunCli, WritesWhatTheCheckerReads) {
  const Ended first = Spawned(run({"--model", model_, "--id", "kws01", "--iterations", "12"})).wait();
  EXPECT_EQ(first.exit_code, 1) << first.err;  // twelve inferences take no ten seconds
  EXPECT_THAT(first.out, HasSubstr("WINDOW_TOO_SHORT"));
  EXPECT_THAT(first.out, HasSubstr("BOARD_EMULATED"));
  EXPECT_THAT(first.err, HasSubstr("device tinyrig host, model kws01, emulated"));
  const std::filesystem::path folder = out_ / "kws/performance";
  for (const char* name : {"log.txt", "results.txt", "results.json", "script.async"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  }
  // Five windows of twelve inferences; all that the checker misses is their length.
  const Ended checked = check(folder.string(), {"--json"});
  google::protobuf::Struct report;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(checked.out, &report).ok()) << checked.out;
  const auto& audited = report.fields().at("runs").list_value().values(0).struct_value().fields();
  std::map<std::string, int> findings;
  for (const auto& finding : audited.at("findings").list_value().values()) {
    ++findings[finding.struct_value().fields().at("rule").string_value()];
  }
  const std::map<std::string, int> wanted = {{"BOARD_EMULATED", 1}, {"INPUTS_MADE_UP", 1}, {"WINDOW_TOO_SHORT", 5}};
  EXPECT_EQ(findings, wanted) << checked.out;

  // The slot keeps the model; results are never replaced.
  const Ended second = Spawned(run({"--iterations", "12"})).wait();
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("[FOLDER_EXISTS]"));
}

TEST_F(MlperfRunCli, InterruptedItLeavesNothing) {
  Spawned child(run({"--model", model_, "--id", "kws01"}));
  ASSERT_TRUE(child.wait_for_stderr("window 1 of 5"));
  child.signal(SIGINT);
  const Ended ended = child.wait();
  EXPECT_EQ(ended.exit_code, 130);
  EXPECT_THAT(ended.err, HasSubstr("nothing of the run under way was written"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST(MlperfRun, WhatIsNotThere) {
  const TempTree tree;
  const std::string missing = (tree.root() / "none").string();
  const Ended no_port = Spawned({TINYRIG_CLI, "mlperf", "run", "--port", missing, "-o", missing}).wait();
  EXPECT_EQ(no_port.exit_code, 2);
  EXPECT_THAT(no_port.err, HasSubstr("[PORT_NOT_FOUND]"));
  const Ended no_data =
      Spawned({TINYRIG_CLI, "mlperf", "run", "--port", missing, "-o", missing, "--dataset", missing}).wait();
  EXPECT_EQ(no_data.exit_code, 2);
  EXPECT_THAT(no_data.err, HasSubstr("[DATASET_UNREADABLE]"));
  const Ended no_id = Spawned({TINYRIG_CLI, "mlperf", "run", "--port", missing, "-o", missing, "--model", "x"}).wait();
  EXPECT_EQ(no_id.exit_code, 2);
  EXPECT_THAT(no_id.err, HasSubstr("--id"));
  const Ended no_mode =
      Spawned({TINYRIG_CLI, "mlperf", "run", "--port", missing, "-o", missing, "--mode", "energy"}).wait();
  EXPECT_EQ(no_mode.exit_code, 2);
  EXPECT_THAT(no_mode.err, HasSubstr("energy not in {performance,accuracy}"));
}

}  // namespace
}  // namespace tinyrig::mlperf
