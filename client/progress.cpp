#include "client/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

bool on_a_board(const v1::RunSummary& run) {
  return run.state() != v1::RUN_STATE_QUEUED && run.state() != v1::RUN_STATE_FINISHED;
}

std::string place_of(const v1::RunSummary& run) { return run.board_id().empty() ? run.board_type() : run.board_id(); }

std::string step_of(const v1::RunSummary& run) { return run.step().empty() ? run_state(run.state()) : run.step(); }

}  // namespace

std::string progress_bar(double fraction, std::size_t width) {
  const double known = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const auto filled = static_cast<std::size_t>(std::lround(known * static_cast<double>(width)));
  std::string percent = std::to_string(std::lround(known * 100));
  percent.insert(0, percent.size() < 3 ? 3 - percent.size() : 0, ' ');
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "] " + percent + " %";
}

void Progress::update(const v1::Job& job) {
  job_id_ = job.job_id();
  for (const v1::RunSummary& run : job.runs()) runs_[run.run_id()] = run;
}

std::string Progress::update(const v1::RunSummary& run) {
  const v1::RunSummary before = std::exchange(runs_[run.run_id()], run);
  const std::string name = run.model_name() + " on " + place_of(run) + ": ";
  if (run.state() == v1::RUN_STATE_FINISHED) {
    if (before.state() == v1::RUN_STATE_FINISHED) return "";
    const std::string why = run.reason().empty() ? "" : " [" + run.reason() + "] " + run.message();
    return printable("[" + std::to_string(finished()) + "/" + std::to_string(runs_.size()) + "] " + name +
                     outcome(run.outcome()) + why);
  }
  if (on_a_board(run) && (!on_a_board(before) || before.attempts() != run.attempts())) {
    return printable(name + "started" + (run.attempts() > 1 ? ", attempt " + std::to_string(run.attempts()) : ""));
  }
  if (!on_a_board(run) && on_a_board(before)) {
    return printable(name + "queued again, attempt " + std::to_string(before.attempts()) + " on " + before.board_id() +
                     " failed");
  }
  return "";
}

std::size_t Progress::finished() const {
  return static_cast<std::size_t>(std::count_if(
      runs_.begin(), runs_.end(), [](const auto& entry) { return entry.second.state() == v1::RUN_STATE_FINISHED; }));
}

std::string Progress::summary() const {
  std::size_t running = 0;
  std::size_t failed = 0;
  for (const auto& [id, run] : runs_) {
    running += on_a_board(run) ? 1 : 0;
    failed += run.state() == v1::RUN_STATE_FINISHED && run.outcome() != v1::OUTCOME_SUCCEEDED ? 1 : 0;
  }
  std::string text = std::to_string(finished()) + " of " + std::to_string(runs_.size()) + " runs finished, " +
                     std::to_string(running) + " running, " + std::to_string(runs_.size() - finished() - running) +
                     " queued";
  if (failed != 0) text += ", " + std::to_string(failed) + " not succeeded";
  return text;
}

std::vector<std::string> Progress::picture(std::size_t max_lines, std::size_t max_width) const {
  std::vector<std::string> lines = {shortened("job " + printable(job_id_) + ": " + summary(), max_width)};
  std::size_t model_width = 0;
  std::size_t place_width = 0;
  for (const auto& [id, run] : runs_) {
    if (!on_a_board(run)) continue;
    model_width = std::max(model_width, display_width(run.model_name()));
    place_width = std::max(place_width, display_width(place_of(run)));
  }
  for (const auto& [id, run] : runs_) {
    if (!on_a_board(run)) continue;
    if (lines.size() >= max_lines) break;
    const std::string model = run.model_name() + std::string(model_width - display_width(run.model_name()), ' ');
    const std::string place = place_of(run) + std::string(place_width - display_width(place_of(run)), ' ');
    lines.push_back(shortened(
        printable("  " + model + "  " + place + "  " + progress_bar(run.step_progress(), 20) + "  " + step_of(run)),
        max_width));
  }
  return lines;
}

}  // namespace tinyrig::client
