// The real tinyrig binary: `mlperf check` over trees of files, its text, its JSON and its exit codes.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/api/spawned.h"
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

}  // namespace
}  // namespace tinyrig::mlperf
