// Which waiting run a board gets. A data structure without clock, store or threads; its caller locks.
//
// Jobs take turns: each has a tag per board type that rises by one with every run it gets there, the
// smallest goes first, the older job among equals. A new job starts at the tag that was served last, so it
// neither waits behind all of a great job nor overtakes for having come late (start-time fair queueing).
// Within a job the order is that of its runs; a run that failed keeps its place.
//
// Runs with the same conditions (type, pinned board, label, runtime, boards to avoid) share a bucket. Picking costs
// one look into each bucket of the board's type and a logarithm, however many runs wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/jobs/board_view.h"

namespace tinyrig::jobs {

/// A run that waits, as far as picking goes.
struct WaitingRun {
  std::string run_id;
  /// Order of the job among jobs, and of the run among all runs: smaller is older.
  std::uint64_t job_order = 0;
  std::uint64_t run_order = 0;
  std::string board_type;
  /// Empty: any unit.
  std::string pinned_board_id;
  /// Empty, or what a unit must carry.
  std::string required_label;
  /// Left to units that carry it, or may. Where no unit does, any gets the run, to end it as an error.
  std::string runtime;
  /// Units that failed it, sorted: another one gets it when there is one.
  std::vector<std::string> avoid_board_ids;
};

class WaitingRuns {
 public:
  /// A run_id is in at most once.
  void add(const WaitingRun& run);
  /// False when it does not wait.
  bool remove(const std::string& run_id);
  /// The run that the board gets; it no longer waits.
  std::optional<std::string> pick(const BoardView& board);

  /// A unit of the farm, whether it takes runs at present or not.
  void know(const BoardView& board);
  /// Units that take runs at present: a run is kept from a board that failed it only for another of these.
  void set_usable(const BoardView& board);
  void set_unusable(const std::string& board_id);

  std::size_t size() const { return places_.size(); }

 private:
  struct Conditions {
    std::string pinned_board_id;
    std::string required_label;
    std::string runtime;
    std::vector<std::string> avoid_board_ids;
    auto operator<=>(const Conditions&) const = default;
  };
  struct Turn {
    std::uint64_t tag = 0;
    std::uint64_t job_order = 0;
    auto operator<=>(const Turn&) const = default;
  };
  struct Bucket {
    std::set<Turn> turns;                                                // jobs with runs here
    std::map<std::uint64_t, std::map<std::uint64_t, std::string>> runs;  // job order -> run order -> id
  };
  struct JobShare {
    std::uint64_t tag = 0;
    std::size_t waiting = 0;
  };
  struct TypeQueue {
    std::uint64_t served_tag = 0;
    std::map<std::uint64_t, JobShare> shares;  // by job order
    std::map<Conditions, Bucket> buckets;
  };
  /// Where a waiting run is.
  struct Place {
    std::string board_type;
    Conditions conditions;
    std::uint64_t job_order = 0;
    std::uint64_t run_order = 0;
  };

  using Boards = std::map<std::string, std::map<std::string, BoardView>>;  // type -> board id

  bool suits(const BoardView& board, const Conditions& conditions) const;
  bool may_run_on(const BoardView& board, const Conditions& conditions) const;
  bool another_suits(const BoardView& board, const Conditions& conditions) const;
  void take_out(const Place& place);
  static void retag(TypeQueue& queue, std::uint64_t job_order, std::uint64_t tag);

  std::map<std::string, TypeQueue> queues_;  // by board type
  std::map<std::string, Place> places_;      // by run id
  Boards known_;
  Boards usable_;
};

}  // namespace tinyrig::jobs
