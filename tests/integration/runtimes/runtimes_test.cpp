// From submit to leaderboard: one model with several runtimes, and an agent that takes the .tflite as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kTfliteAgent[] = TINYRIG_TFLITE_AGENT;

v1::JobSpec job_with(const std::string& board, std::initializer_list<const char*> runtimes) {
  v1::JobSpec spec = quick_job("digits", board);
  for (const char* runtime : runtimes) spec.add_runtimes(runtime);
  return spec;
}

// By runtime; every run must have succeeded.
std::map<std::string, v1::Run> run_all(Daemon& daemon, const v1::JobSpec& spec) {
  const std::string job_id = daemon.api().submit(spec).job().job_id();
  const v1::Job job = daemon.api().finished_job(job_id, within(std::chrono::seconds(60)));
  EXPECT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  std::map<std::string, v1::Run> runs;
  for (const v1::RunSummary& run : job.runs()) runs[run.runtime()] = daemon.api().run(run.run_id());
  return runs;
}

std::vector<std::string> ranked_runtimes(Daemon& daemon) {
  std::vector<std::string> runtimes;
  const v1::QueryLeaderboardResponse leaderboard = daemon.api().leaderboard("digits");
  for (const v1::LeaderboardGroup& group : leaderboard.groups()) {
    for (const v1::LeaderboardEntry& entry : group.entries()) runtimes.push_back(entry.runtime());
  }
  return runtimes;
}

void expect_verified(const v1::Run& run) {
  EXPECT_EQ(run.result().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(run.result().verification().against(), v1::Verification::AGAINST_EXPECTED);
  EXPECT_GT(run.result().verification().inputs_checked(), 0U);
  EXPECT_EQ(run.result().verification().inputs_matched(), run.result().verification().inputs_checked());
}

TEST(Runtimes, OneModelWithBothOfOurAgentStandsSideBySide) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  std::map<std::string, v1::Run> runs = run_all(daemon, job_with("host", {"tinyrig", "portable"}));
  ASSERT_EQ(runs.size(), 2U);
  for (const auto& [name, run] : runs) {
    SCOPED_TRACE(name);
    expect_verified(run);
    EXPECT_EQ(run.result().provenance().runtime().name(), name);
    EXPECT_EQ(run.result().provenance().runtime().version(), "0.1.0");
    EXPECT_EQ(run.result().provenance().runtime().core(), "portable") << "of this type";
  }
  EXPECT_EQ(runs["tinyrig"].result().verification().output_fnv1a32(),
            runs["portable"].result().verification().output_fnv1a32());
  EXPECT_THAT(ranked_runtimes(daemon), UnorderedElementsAre("tinyrig", "portable"));

  const Ended refused = daemon.cli({"submit", "digits", "--board", "host", "--runtime", "tflm"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output, HasSubstr("RUNTIME_UNKNOWN"));
  EXPECT_THAT(daemon.cli({"export", runs["portable"].summary().run_id()}).output, HasSubstr("\"name\": \"portable\""));
}

// The file as it is, to RAM and to the slot that the agent writes; its operators are the model's.
TEST(Runtimes, AnAgentThatTakesTheFileGetsIt) {
  for (const bool with_slot : {true, false}) {
    SCOPED_TRACE(with_slot);
    const ShortFolder folder;
    const std::vector<std::string> arguments = {"--slot-bytes", with_slot ? "1048576" : "1024"};
    Emulator emulator(folder.path(), "host", kTfliteAgent, arguments);
    Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
    daemon.add_own_model("digits");
    std::map<std::string, v1::Run> runs = run_all(daemon, job_with("host", {"tflm"}));
    ASSERT_EQ(runs.count("tflm"), 1U);
    const v1::Run& run = runs["tflm"];
    expect_verified(run);
    const v1::RunProvenance& provenance = run.result().provenance();
    EXPECT_EQ(provenance.runtime().ShortDebugString(),
              "name: \"tflm\" version: \"fixture\" model_format: MODEL_FORMAT_TFLITE");
    EXPECT_EQ(provenance.packed_sha256(), run.model_sha256()) << "not one byte is changed";
    EXPECT_EQ(provenance.packed_format_version(), 0U);
    EXPECT_EQ(provenance.placement(), with_slot ? "flash_slot" : "ram");
    const v1::Model model = daemon.api().model("digits");
    EXPECT_EQ(run.result().memory().packed_model_bytes(), model.size_bytes());
    EXPECT_EQ(run.result().memory().arena_used_bytes(), run.result().memory().arena_planned_bytes());
    EXPECT_GE(run.result().memory().arena_used_bytes(), model.arena_lower_bound_bytes() + 640) << "the fixture's own";
    const v1::ProfileResult& profile = run.result().profile();
    ASSERT_EQ(profile.operators_size(), model.operators_size());
    for (int i = 0; i < profile.operators_size(); ++i) {
      EXPECT_EQ(profile.operators(i).kind(), model.operators(i).kind());
      EXPECT_EQ(profile.operators(i).kernel(), "tflm");
      EXPECT_GT(profile.operators(i).ticks(), 0);
    }
    EXPECT_THAT(ranked_runtimes(daemon), ElementsAre("tflm"));
  }
}

TEST(Runtimes, AnArenaTooSmallForAFileIsTheUsersErrorByTheBoardsWord) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host", kTfliteAgent, {"--ram-bytes", "1024"});
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(job_with("host", {"tflm"})).job().job_id();
  const v1::Job job = daemon.api().finished_job(job_id, within(std::chrono::seconds(60)));
  ASSERT_EQ(job.runs_size(), 1);
  EXPECT_EQ(job.runs(0).outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(job.runs(0).reason(), "ARENA_TOO_SMALL");
  EXPECT_THAT(job.runs(0).message(), HasSubstr("TFLM cannot allocate"));
  EXPECT_EQ(job.runs(0).attempts(), 1U);
}

// Two boards of one type with different agents: each gets the runs that it carries.
TEST(Runtimes, AFarmWithTwoKindsOfAgent) {
  const ShortFolder folder, vendors_folder;
  Emulator emulator(folder.path(), "host");
  Emulator vendors(vendors_folder.path(), "host", kTfliteAgent);
  std::stringstream text;
  text << std::ifstream(vendors.farm_file()).rdbuf();
  std::string farm = text.str();
  const std::string id = "id = \"host-1\"";
  ASSERT_NE(farm.find(id), std::string::npos) << farm;
  farm.replace(farm.find(id), id.size(), "id = \"vendor-1\"");
  const std::filesystem::path farm_file = folder.path() / "vendors.toml";
  std::ofstream(farm_file) << farm;

  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file(), farm_file}});
  daemon.add_own_model("digits");
  ASSERT_TRUE(daemon.wait_for_idle("host-1", within(std::chrono::seconds(30))));
  ASSERT_TRUE(daemon.wait_for_idle("vendor-1", within(std::chrono::seconds(30))));
  std::map<std::string, v1::Run> runs = run_all(daemon, job_with("host", {"all"}));
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs["tinyrig"].summary().board_id(), "host-1");
  EXPECT_EQ(runs["portable"].summary().board_id(), "host-1");
  EXPECT_EQ(runs["tflm"].summary().board_id(), "vendor-1");
  EXPECT_THAT(ranked_runtimes(daemon), UnorderedElementsAre("tinyrig", "portable", "tflm"));

  const Ended refused = daemon.cli({"submit", "digits", "--board", "vendor-1", "--runtime", "portable"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.output, HasSubstr("RUNTIME_NOT_CARRIED"));
  EXPECT_THAT(refused.output, HasSubstr("vendor-1: tflm fixture"));
}

// Nothing was known of the board when the job came: the run finds out, and says what is there.
TEST(Runtimes, ARuntimeThatABoardTurnsOutToLackEndsTheRun) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  ASSERT_EQ(emulator.control("unplug host-1"), "ok\n");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(job_with("host", {"tflm"})).job().job_id();
  ASSERT_EQ(emulator.control("plug host-1"), "ok\n");
  const v1::Job job = daemon.api().finished_job(job_id, within(std::chrono::seconds(60)));
  ASSERT_EQ(job.runs_size(), 1);
  EXPECT_EQ(job.runs(0).outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(job.runs(0).reason(), "RUNTIME_NOT_CARRIED");
  EXPECT_THAT(job.runs(0).message(), HasSubstr("host-1 carries tinyrig 0.1.0, portable 0.1.0"));
}

}  // namespace
}  // namespace tinyrig::test
