// The farm at a glance, as `tinyrig top` shows it: kept from the API's answers and events, given as lines of text.
// Pure: gets messages and the time, gives text.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/event.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"
#include "tinyrig/v1/system.pb.h"

namespace tinyrig::client {

/// Everything as it is at one moment: what the screen begins with, and again when events were lost.
struct FarmState {
  v1::GetVersionResponse version;
  v1::ListBoardsResponse boards;
  v1::ListJobsResponse jobs;
  v1::ListRunsResponse runs;
};

class FarmView {
 public:
  /// `server`: its address, for the heading.
  explicit FarmView(std::string server) : server_(std::move(server)) {}

  void set(const FarmState& state);
  /// True: events were lost, or are of another start of the daemon: set() is due.
  bool apply(const v1::Event& event);
  void set_queued_runs(std::size_t runs) { queued_runs_ = runs; }
  /// Nobody has answered since then.
  void set_lost(absl::Time since) { lost_since_ = since; }
  void set_found() { lost_since_ = absl::InfiniteFuture(); }

  /// At most `rows` lines of at most `columns` columns, without newlines: the heading, boards (those in trouble first,
  /// then those at work), jobs that have not finished, runs that ended last.
  std::vector<std::string> picture(std::size_t columns, std::size_t rows, absl::Time now) const;

 private:
  struct Ended {
    v1::RunSummary run;
    absl::Time time;
  };
  void add_ended(const v1::RunSummary& run, absl::Time time);
  std::vector<std::string> heading(absl::Time now) const;
  std::vector<std::string> board_lines(std::size_t columns) const;
  std::vector<std::string> job_lines() const;
  std::vector<std::string> ended_lines(absl::Time now) const;
  std::string doing(const v1::Board& board, bool with_bar) const;

  const std::string server_;
  std::string version_;
  std::string epoch_;  // of the daemon whose events came last
  std::size_t queued_runs_ = 0;
  absl::Time lost_since_ = absl::InfiniteFuture();
  std::map<std::string, v1::Board> boards_;
  std::map<std::string, v1::RunSummary> runs_;  // on boards, by id
  std::map<std::string, v1::Job> jobs_;         // unfinished; ids sort by birth
  std::deque<Ended> ended_;                     // the newest first
};

}  // namespace tinyrig::client
