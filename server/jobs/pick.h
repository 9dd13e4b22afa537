// Which waiting run a board gets. A data structure without clock, store or threads; its caller locks.
//
// Per board type, owners take turns; within an owner, its priorities; within a priority, its jobs. Each of them has a
// tag that rises by its cost with every run it gets; the smallest goes first, the older among equals. Who is new, or
// comes back, starts one cost after the tag that was served last, or after the least that waits for the same boards, so
// it neither waits behind all of a great job nor overtakes for having come late (start-time fair queueing, with the
// finish tag as key). So does who has waited for other boards alone: what one did not get there is no claim here. A
// job's tag is passed by in the end, however many new ones come, and there are only three priorities: nothing starves.
// An owner's cost is one, so that many jobs or high priorities take nothing from other owners. Within a job the order
// is that of its runs; a run that failed keeps its place.
//
// Runs with the same conditions (type, pinned board, label, runtime, instrument, boards to avoid) share a bucket.
// Picking costs one look into each bucket of the board's type and a logarithm, however many runs wait.
#pragma once

#include <array>
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
  /// Whose job it is; those without a name are one owner.
  std::string owner = {};
  /// What a run costs its priority: one of cost 1 gets eight runs while one of cost 8 gets one.
  std::uint64_t priority_cost = 1;
  /// Energy is asked for: left to units with an instrument, as with `runtime`.
  bool needs_instrument = false;
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
    bool needs_instrument = false;
    std::vector<std::string> avoid_board_ids;
    auto operator<=>(const Conditions&) const = default;
  };
  struct Turn {
    std::uint64_t tag;
    std::uint64_t age_order;  // smaller is older; unique among those that take turns with each other
    auto operator<=>(const Turn&) const = default;
  };
  /// One of those that take turns: an owner, a priority of it, a job of that.
  struct Share {
    Turn turn{};
    std::uint64_t served_tag = 0;  // of its children
    std::size_t waiting = 0;
    std::map<std::string, Share> children;
  };
  /// From the root to a job, by the keys of shares.
  struct Step {
    std::string key;
    std::uint64_t cost = 1;
  };
  static constexpr std::size_t kLevels = 3;
  using Path = std::array<Step, kLevels>;
  /// The waiting runs of a bucket, in the order in which they are served.
  struct Runs {
    std::map<Turn, Runs> children;
    std::map<std::uint64_t, std::string> ids;  // of a job: run order -> run id
  };
  /// The run of a bucket that is served first; the smallest order of all buckets goes first.
  struct First {
    std::pair<std::array<Turn, kLevels>, std::uint64_t> order;
    const std::string& run_id;
  };
  struct TypeQueue {
    Share owners;
    std::map<Conditions, Runs> buckets;
  };
  /// Where a waiting run is.
  struct Place {
    std::string board_type;
    Conditions conditions;
    Path path;
    std::uint64_t run_order = 0;
  };

  using Boards = std::map<std::string, std::map<std::string, BoardView>>;  // type -> board id

  static bool is_named(const BoardView& board, const Conditions& conditions);
  static bool is_able(const BoardView& board, const Conditions& conditions);
  bool suits(const BoardView& board, const Conditions& conditions) const;
  bool may_run_on(const BoardView& board, const Conditions& conditions) const;
  bool another_suits(const BoardView& board, const Conditions& conditions) const;
  void take_out(const Place& place);
  static void take_out_of(Share& share, Runs& runs, const Place& place, std::size_t level);
  static void count_turn(TypeQueue& queue, const Path& path);
  static void move_turns(Runs& runs, const std::array<Turn, kLevels>& from, const std::array<Turn, kLevels>& to,
                         std::size_t level);
  static First first_of(const Runs& bucket);

  std::map<std::string, TypeQueue> queues_;  // by board type
  std::map<std::string, Place> places_;      // by run id
  Boards known_;
  Boards usable_;
};

}  // namespace tinyrig::jobs
