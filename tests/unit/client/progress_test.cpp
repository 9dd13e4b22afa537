#include "client/progress.h"

#include <gtest/gtest.h>

#include <cmath>

#include "client/table.h"

namespace tinyrig::client {
namespace {

v1::RunSummary run(const std::string& id, v1::RunState state, const std::string& step = "", double fraction = 0) {
  v1::RunSummary summary;
  summary.set_run_id(id);
  summary.set_model_name("kws");
  summary.set_board_type("mps2-an386");
  if (state != v1::RUN_STATE_QUEUED) summary.set_board_id("emu-1");
  summary.set_state(state);
  summary.set_step(step);
  summary.set_step_progress(fraction);
  return summary;
}

TEST(ProgressBar, ClampsAndRounds) {
  EXPECT_EQ(progress_bar(0, 4), "[....]   0 %");
  EXPECT_EQ(progress_bar(0.5, 4), "[##..]  50 %");
  EXPECT_EQ(progress_bar(1, 4), "[####] 100 %");
  EXPECT_EQ(progress_bar(7, 4), "[####] 100 %");
  EXPECT_EQ(progress_bar(-1, 4), "[....]   0 %");
  EXPECT_EQ(progress_bar(NAN, 4), "[....]   0 %");
}

TEST(Progress, CountsAndPictures) {
  Progress progress;
  v1::Job job;
  job.set_job_id("j-1");
  *job.add_runs() = run("r-1", v1::RUN_STATE_PREPARING, "uploading model", 0.25);
  *job.add_runs() = run("r-2", v1::RUN_STATE_QUEUED);
  *job.add_runs() = run("r-3", v1::RUN_STATE_FINISHED);
  job.mutable_runs(2)->set_outcome(v1::OUTCOME_BOARD_ERROR);
  progress.update(job);
  EXPECT_EQ(progress.summary(), "1 of 3 runs finished, 1 running, 1 queued, 1 not succeeded");
  const auto lines = progress.picture(10, 100);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "job j-1: 1 of 3 runs finished, 1 running, 1 queued, 1 not succeeded");
  EXPECT_EQ(lines[1], "  kws  emu-1  [#####...............]  25 %  uploading model");
}

TEST(Progress, PictureFitsTheTerminal) {
  Progress progress;
  v1::Job job;
  for (int i = 0; i < 50; ++i) *job.add_runs() = run("r-" + std::to_string(i), v1::RUN_STATE_MEASURING, "measuring");
  progress.update(job);
  const auto lines = progress.picture(10, 40);
  EXPECT_EQ(lines.size(), 10U);
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 40U) << line;
}

TEST(Progress, ALineWhenARunStartsGoesBackOrEnds) {
  Progress progress;
  v1::Job job;
  *job.add_runs() = run("r-1", v1::RUN_STATE_QUEUED);
  *job.add_runs() = run("r-2", v1::RUN_STATE_QUEUED);
  progress.update(job);
  const auto told = [&progress](const std::string& id, v1::RunState state, std::uint32_t attempts,
                                const std::string& step = "") {
    v1::RunSummary now = run(id, state, step);
    now.set_attempts(attempts);
    return progress.update(now);
  };
  EXPECT_EQ(told("r-1", v1::RUN_STATE_QUEUED, 0), "");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_LEASED, 1), "kws on emu-1: started");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_PREPARING, 1, "model to RAM"), "");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_MEASURING, 1, "session 1 of 3: measuring"), "");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_QUEUED, 1), "kws on mps2-an386: queued again, attempt 1 on emu-1 failed");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_PREPARING, 2), "kws on emu-1: started, attempt 2");
  EXPECT_EQ(told("r-1", v1::RUN_STATE_LEASED, 3), "kws on emu-1: started, attempt 3") << "the queued state was missed";

  v1::RunSummary failed = run("r-1", v1::RUN_STATE_FINISHED);
  failed.set_outcome(v1::OUTCOME_BOARD_ERROR);
  failed.set_reason("AGENT_SILENT");
  failed.set_message("no answer\x1b[2J");
  EXPECT_EQ(progress.update(failed), "[1/2] kws on emu-1: board error [AGENT_SILENT] no answer?[2J");
  EXPECT_EQ(progress.update(failed), "") << "told before";
  v1::RunSummary good = run("r-2", v1::RUN_STATE_FINISHED);
  good.set_outcome(v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(progress.update(good), "[2/2] kws on emu-1: succeeded");
}

}  // namespace
}  // namespace tinyrig::client
