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

TEST(Progress, OneLinePerChangeNotPerPercent) {
  Progress progress;
  EXPECT_EQ(progress.update(run("r-1", v1::RUN_STATE_QUEUED)), "kws on mps2-an386: queued");
  EXPECT_EQ(progress.update(run("r-1", v1::RUN_STATE_PREPARING, "flashing", 0.1)), "kws on emu-1: preparing, flashing");
  EXPECT_EQ(progress.update(run("r-1", v1::RUN_STATE_PREPARING, "flashing", 0.2)), "");
  v1::RunSummary failed = run("r-1", v1::RUN_STATE_FINISHED);
  failed.set_outcome(v1::OUTCOME_BOARD_ERROR);
  failed.set_reason("AGENT_SILENT");
  failed.set_message("no answer\x1b[2J");
  EXPECT_EQ(progress.update(failed), "kws on emu-1: board error [AGENT_SILENT] no answer?[2J");
}

}  // namespace
}  // namespace tinyrig::client
