// The main job: every model on every type of emulated board, bit-exact, and to the instruction the same twice.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "tests/e2e/farm/result_checks.h"

namespace tinyrig::test {
namespace {

constexpr char kOneOfEachType[] = "netduinoplus2,mps2-an386,mps2-an500,mps2-an505,mps3-an547,rv32-virt,microbit";
constexpr std::size_t kTypes = 7;
constexpr std::uint32_t kSessions = 2, kIterations = 2;

using Cells = std::map<std::string, v1::ExportRunResponse>;  // by model and board type

// Our own and, when the reference data is there, its four.
std::vector<std::string> add_models(Daemon& daemon) {
  std::vector<std::string> names = {"digits", "vibration"};
  for (const std::string& name : names) daemon.add_own_model(name);
  const char* reference = std::getenv("TINYRIG_REFERENCE_DIR");
  if (reference == nullptr) return names;
  const std::filesystem::path models = std::filesystem::path(reference) / "models";
  for (const std::string name : {"ad", "ic", "kws", "vww"}) {
    daemon.add_model(models / (name + ".tflite"), models / "golden" / (name + ".json"));
    names.push_back(name);
  }
  return names;
}

// Skipped cells are the micro:bit's, and say how much is missing.
void expect_only_the_smallest_refuses(const v1::Job& job) {
  for (const v1::SkippedCell& cell : job.skipped_cells()) {
    SCOPED_TRACE(cell.model_name());
    EXPECT_EQ(cell.board_type(), "microbit");
    EXPECT_TRUE(cell.reason() == "MODEL_TOO_LARGE_FOR_RAM" || cell.reason() == "MODEL_TOO_LARGE_FOR_SLOT");
    EXPECT_GT(cell.missing_bytes(), 0U);
    EXPECT_NE(cell.message().find(std::to_string(cell.missing_bytes())), std::string::npos) << cell.message();
  }
}

Cells run_everything(Daemon& daemon, const std::vector<std::string>& models) {
  v1::JobSpec spec;
  for (const std::string& model : models) spec.add_models(model);
  spec.add_boards("all");
  spec.set_fit_policy(v1::FIT_POLICY_SKIP);
  spec.mutable_settings()->set_sessions(kSessions);
  spec.mutable_settings()->set_iterations(kIterations);
  const v1::Job submitted = daemon.api().submit(spec).job();
  const v1::Job job = daemon.api().finished_job(submitted.job_id(), within(std::chrono::minutes(15)));
  EXPECT_EQ(job.state(), v1::RUN_STATE_FINISHED) << job.DebugString();
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(static_cast<std::size_t>(job.runs_size() + job.skipped_cells_size()), models.size() * kTypes);
  expect_only_the_smallest_refuses(job);
  Cells cells;
  for (const v1::RunSummary& run : job.runs()) {
    const v1::ExportRunResponse exported = daemon.api().export_run(run.run_id());
    expect_sound(exported, kSessions, kIterations);
    cells[run.model_name() + " on " + run.board_type()] = exported;
  }
  return cells;
}

TEST(FarmGoldenTest, EveryBoardComputesEveryModelBitExactAndTheSameTwice) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), kOneOfEachType);
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = true});
  const std::vector<std::string> models = add_models(daemon);
  ASSERT_FALSE(HasFailure());

  const Cells first = run_everything(daemon, models);
  const Cells second = run_everything(daemon, models);
  ASSERT_EQ(first.size(), second.size());
  for (const auto& [cell, exported] : first) {
    ASSERT_TRUE(second.contains(cell)) << cell;
    expect_identical(exported, second.at(cell));
    const v1::ProfileResult& profile = exported.run().result().profile();
    std::printf("%-28s %12.0f instructions, operators %.4f of the instrumented end-to-end, overhead %.3f %%\n",
                cell.c_str(), exported.run().result().latency().median_ticks(),
                profile.sum_ticks() / profile.instrumented_ticks(), 100 * profile.overhead_ratio());
  }
  if (HasFailure()) std::printf("%s", daemon.log().c_str());
}

}  // namespace
}  // namespace tinyrig::test
