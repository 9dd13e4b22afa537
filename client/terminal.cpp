#include "client/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/table.h"

namespace tinyrig::client {

ProgressView::ProgressView(bool enabled, ResultOf result_of)
    : enabled_(enabled), terminal_(enabled && ::isatty(STDERR_FILENO) == 1), result_of_(std::move(result_of)) {}

void ProgressView::show(const v1::Job& job) {
  if (!enabled_) return;
  if (terminal_) {
    progress_.update(job);
    return redraw();
  }
  if (known_) {  // after a gap: what happened in it
    for (const v1::RunSummary& run : job.runs()) show(run);
    return;
  }
  known_ = true;
  progress_.update(job);
  say("job " + job.job_id() + ": " + progress_.summary());
}

void ProgressView::show(const v1::RunSummary& run) {
  if (!enabled_) return;
  std::string line = progress_.update(run);
  if (terminal_) return redraw();
  if (line.empty()) return;
  if (run.outcome() == v1::OUTCOME_SUCCEEDED) {
    if (const std::string result = result_of_(run.run_id()); !result.empty()) line += ", " + result;
  }
  say(line);
}

void ProgressView::show(const v1::LogLine& log) {
  if (!enabled_ || log.level() == "info") return;
  say(log.level() + ": " + (log.board_id().empty() ? "" : log.board_id() + ": ") + log.text());
}

void ProgressView::say(const std::string& text) {
  if (!enabled_) return;
  const std::size_t drawn = drawn_lines_;
  clear();
  std::fprintf(stderr, "%s\n", printable(text).c_str());
  if (drawn != 0) redraw();
}

void ProgressView::clear() {
  if (drawn_lines_ != 0) std::fprintf(stderr, "\x1b[%zuF\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
}

void ProgressView::redraw() {
  winsize size{};
  const bool measured = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 && size.ws_row > 2;
  const std::size_t columns = measured ? size.ws_col - 1U : 79U;
  const std::size_t rows = measured ? std::min<std::size_t>(size.ws_row - 1U, 24) : 20U;
  clear();
  std::string frame;
  const auto lines = progress_.picture(rows, columns);
  for (const std::string& line : lines) frame += line + "\n";
  std::fwrite(frame.data(), 1, frame.size(), stderr);
  drawn_lines_ = lines.size();
}

}  // namespace tinyrig::client
