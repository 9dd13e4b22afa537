#include "client/farm_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "client/format.h"
#include "client/progress.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr std::size_t kMostEnded = 1'000;
constexpr std::size_t kEndedShown = 8;
constexpr std::size_t kJobsShown = 5;
constexpr std::size_t kRoomForSteps = 60;
constexpr std::size_t kRoomForTypes = 90;
constexpr absl::Duration kRateOver = absl::Minutes(5);

absl::Time moment_of(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

bool in_trouble(const v1::Board& board) {
  return !board.has_hold() && board.health() != v1::HEALTH_GOOD && board.activity() != v1::ACTIVITY_BUSY;
}

int rank(const v1::Board& board) {
  if (in_trouble(board)) return 0;
  return board.activity() == v1::ACTIVITY_BUSY ? 1 : 2;
}

std::string state_of_board(const v1::Board& board) {
  if (board.has_hold()) return hold_kind(board.hold().kind());
  const bool plain = board.health() == v1::HEALTH_GOOD || board.health() == v1::HEALTH_UNKNOWN;
  return activity(board.activity()) + (plain ? "" : " " + health(board.health()));
}

std::string ago(absl::Duration duration) {
  const auto seconds = std::max<std::int64_t>(0, absl::ToInt64Seconds(duration));
  if (seconds < 100) return std::to_string(seconds) + " s";
  if (seconds < 100 * 60) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

// Lines of a table, without what ends them.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// At most `most` of the lines; the last one says how many were left out.
void cut_lines(std::vector<std::string>& lines, std::size_t most, const std::string& what) {
  if (lines.size() <= most || most == 0) return;
  const std::size_t left_out = lines.size() - most + 1;
  lines.resize(most);
  lines.back() = "... " + std::to_string(left_out) + " more " + what;
}

}  // namespace

void FarmView::set(const FarmState& state) {
  version_ = state.version.server_version();
  queued_runs_ = state.version.runs_queued();
  boards_.clear();
  runs_.clear();
  jobs_.clear();
  ended_.clear();
  for (const v1::Board& board : state.boards.boards()) boards_[board.id()] = board;
  for (const v1::Job& job : state.jobs.jobs()) {
    if (job.state() != v1::RUN_STATE_FINISHED) jobs_[job.job_id()] = job;
  }
  for (const v1::Run& run : state.runs.runs()) {
    if (run.summary().state() == v1::RUN_STATE_FINISHED) {
      add_ended(run.summary(), moment_of(run.finish_time()));
    } else if (!run.summary().board_id().empty()) {
      runs_[run.summary().run_id()] = run.summary();
    }
  }
  std::stable_sort(ended_.begin(), ended_.end(), [](const Ended& a, const Ended& b) { return a.time > b.time; });
}

void FarmView::add_ended(const v1::RunSummary& run, absl::Time time) {
  ended_.push_front({run, time});
  if (ended_.size() > kMostEnded) ended_.pop_back();
}

bool FarmView::apply(const v1::Event& event) {
  const bool another_start = !epoch_.empty() && epoch_ != event.epoch();
  epoch_ = event.epoch();
  if (another_start || event.has_resync()) return true;
  if (event.has_board()) {
    boards_[event.board().id()] = event.board();
  } else if (event.has_job()) {
    jobs_[event.job().job_id()] = event.job();
    if (event.job().state() == v1::RUN_STATE_FINISHED) jobs_.erase(event.job().job_id());
  } else if (event.has_run()) {
    const v1::RunSummary& run = event.run();
    runs_.erase(run.run_id());
    if (run.state() == v1::RUN_STATE_FINISHED) {
      add_ended(run, moment_of(event.time()));
    } else if (run.state() != v1::RUN_STATE_QUEUED) {
      runs_[run.run_id()] = run;
    }
  }
  return false;
}

std::vector<std::string> FarmView::heading(absl::Time now) const {
  std::vector<std::string> lines;
  lines.push_back("tinyrig top  " + server_ + "  tinyrigd " + version_ + "  " +
                  absl::FormatTime("%H:%M:%SZ", now, absl::UTCTimeZone()));
  std::array<std::size_t, v1::Activity_ARRAYSIZE> by_activity{};
  std::size_t emulated = 0;
  for (const auto& [id, board] : boards_) {
    ++by_activity.at(static_cast<std::size_t>(board.activity()));
    emulated += board.emulated() ? 1 : 0;
  }
  std::string counts = "boards: " + std::to_string(boards_.size()) + " (" + std::to_string(emulated) + " emulated)";
  for (std::size_t i = 1; i < by_activity.size(); ++i) {
    if (by_activity.at(i) == 0) continue;
    counts += ", " + std::to_string(by_activity.at(i)) + " " + activity(static_cast<v1::Activity>(i));
  }
  lines.push_back(counts);
  const auto recent =
      std::count_if(ended_.begin(), ended_.end(), [now](const Ended& ended) { return ended.time > now - kRateOver; });
  std::array<char, 32> rate{};
  std::snprintf(rate.data(), rate.size(), "%.1f", static_cast<double>(recent) / absl::ToDoubleMinutes(kRateOver));
  lines.push_back("runs queued: " + std::to_string(queued_runs_) + ", jobs open: " + std::to_string(jobs_.size()) +
                  ", runs per minute: " + rate.data());
  if (lost_since_ < absl::InfiniteFuture()) {
    lines.push_back("! the daemon has not answered for " + ago(now - lost_since_) + "; trying again");
  }
  return lines;
}

std::string FarmView::doing(const v1::Board& board, bool with_bar) const {
  if (in_trouble(board)) {
    const std::string code = board.health_code();
    return code + (code.empty() ? "" : ": ") + board.health_reason();
  }
  if (board.has_hold())
    return "by " + board.hold().owner() + (board.hold().reason().empty() ? "" : ": ") + board.hold().reason();
  std::string text;
  if (with_bar && !board.current_step().empty()) text = progress_bar(board.current_step_progress(), 10) + "  ";
  const auto run = runs_.find(board.current_run_id());
  if (run != runs_.end()) text += run->second.model_name() + ", ";
  return text + board.current_step();
}

std::vector<std::string> FarmView::board_lines(std::size_t columns) const {
  std::vector<const v1::Board*> boards;
  for (const auto& [id, board] : boards_) boards.push_back(&board);
  std::stable_sort(boards.begin(), boards.end(), [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  const bool with_type = columns >= kRoomForTypes;
  const bool with_steps = columns >= kRoomForSteps;
  std::vector<Table::Column> titles = {{"BOARD"}, {"KIND"}, {"STATE"}};
  if (with_type) titles.insert(titles.begin() + 1, {"TYPE"});
  if (with_steps) titles.push_back({"NOW"});
  Table table(std::move(titles));
  for (const v1::Board* board : boards) {
    std::vector<std::string> cells = {board->id(), board->emulated() ? "emulated" : "silicon", state_of_board(*board)};
    if (with_type) cells.insert(cells.begin() + 1, board->board_type());
    if (with_steps) cells.push_back(doing(*board, true));
    table.add(std::move(cells));
  }
  return lines_of(table.text());
}

std::vector<std::string> FarmView::job_lines() const {
  if (jobs_.empty()) return {};
  Table table({{"JOB"}, {"STATE"}, {"PRIORITY"}, {"OWNER"}});
  for (const auto& [id, job] : jobs_) {
    table.add({id, run_state(job.state()), priority(job.spec().priority()),
               job.spec().owner().empty() ? "-" : job.spec().owner()});
  }
  return lines_of(table.text());
}

std::vector<std::string> FarmView::ended_lines(absl::Time now) const {
  if (ended_.empty()) return {};
  Table table({{"LAST RUNS"}, {"ENDED"}, {"MODEL"}, {"BOARD"}, {"OUTCOME"}});
  for (std::size_t i = 0; i < std::min(ended_.size(), kEndedShown); ++i) {
    const v1::RunSummary& run = ended_[i].run;
    table.add({run.run_id(), ago(now - ended_[i].time) + " ago", run.model_name(),
               run.board_id().empty() ? run.board_type() : run.board_id(),
               outcome(run.outcome()) + (run.reason().empty() ? "" : " " + run.reason())});
  }
  return lines_of(table.text());
}

std::vector<std::string> FarmView::picture(std::size_t columns, std::size_t rows, absl::Time now) const {
  std::vector<std::string> lines = heading(now);
  std::vector<std::string> jobs = job_lines();
  cut_lines(jobs, 1 + kJobsShown, "jobs");
  const std::vector<std::string> ended = ended_lines(now);
  const std::size_t others =
      lines.size() + (jobs.empty() ? 0 : 1 + jobs.size()) + (ended.empty() ? 0 : 1 + ended.size());
  std::vector<std::string> boards = board_lines(columns);
  // Boards matter most: they get half of the screen at least.
  cut_lines(boards, std::max(rows / 2, rows > others + 1 ? rows - others - 1 : 0), "boards");
  for (const std::vector<std::string>* part : {&std::as_const(boards), &std::as_const(jobs), &ended}) {
    if (part->empty()) continue;
    lines.emplace_back();
    lines.insert(lines.end(), part->begin(), part->end());
  }
  if (lines.size() > rows) lines.resize(rows);
  for (std::string& line : lines) line = shortened(printable(line), columns);
  return lines;
}

}  // namespace tinyrig::client
