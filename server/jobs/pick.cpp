#include "server/jobs/pick.h"

#include <algorithm>

namespace tinyrig::jobs {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void WaitingRuns::add(const WaitingRun& run) {
  TypeQueue& queue = queues_[run.board_type];
  Place place{run.board_type,
              {run.pinned_board_id, run.required_label, run.runtime, run.needs_instrument, run.avoid_board_ids},
              {Step{run.owner, 1}, Step{std::to_string(run.priority_cost), run.priority_cost},
               Step{std::to_string(run.job_order), 1}},
              run.run_order};
  Runs& bucket = queue.buckets[place.conditions];
  std::array<Turn, kLevels> before{}, after{};
  bool moves = false;  // one that waits elsewhere
  Share* share = &queue.owners;
  const Runs* here = &bucket;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const Step& step = place.path[level];
    const auto [entry, is_new] = share->children.try_emplace(step.key);
    Share& child = entry->second;
    if (is_new) child.turn.age_order = run.job_order;
    before[level] = child.turn;
    const auto runs_here = here == nullptr ? bucket.children.end() : here->children.find(child.turn);
    const bool waits_here = here != nullptr && runs_here != here->children.end();
    if (!waits_here) {
      std::uint64_t served = share->served_tag;
      // Boards of these conditions may be behind others. After the least that waits for them, not beside it: a stream
      // of new ones would hold it up.
      if (here != nullptr && !here->children.empty()) served = std::min(served, here->children.begin()->first.tag);
      child.turn.tag = std::max(child.turn.tag, served + step.cost);
      moves = moves || (!is_new && child.turn != before[level]);
    }
    after[level] = child.turn;
    here = waits_here ? &runs_here->second : nullptr;
    share = &child;
    ++share->waiting;
  }
  if (moves) {
    for (auto& [conditions, other] : queue.buckets) move_turns(other, before, after, 0);
  }
  Runs* runs = &bucket;
  for (const Turn& turn : after) runs = &runs->children[turn];
  runs->ids.emplace(run.run_order, run.run_id);
  places_[run.run_id] = std::move(place);
}

bool WaitingRuns::remove(const std::string& run_id) {
  const auto place = places_.find(run_id);
  if (place == places_.end()) return false;
  take_out(place->second);
  places_.erase(place);
  return true;
}

std::optional<std::string> WaitingRuns::pick(const BoardView& board) {
  const auto found = queues_.find(board.type);
  if (found == queues_.end()) return std::nullopt;
  TypeQueue& queue = found->second;
  const Runs* best = nullptr;
  for (const auto& [conditions, bucket] : queue.buckets) {
    if (suits(board, conditions) && (best == nullptr || first_of(bucket).order < first_of(*best).order)) best = &bucket;
  }
  if (best == nullptr) return std::nullopt;
  const std::string run_id = first_of(*best).run_id;
  count_turn(queue, places_.at(run_id).path);
  remove(run_id);
  return run_id;
}

void WaitingRuns::know(const BoardView& board) { known_[board.type][board.id] = board; }

void WaitingRuns::set_usable(const BoardView& board) {
  know(board);
  usable_[board.type][board.id] = board;
}

void WaitingRuns::set_unusable(const std::string& board_id) {
  for (auto& [type, boards] : usable_) boards.erase(board_id);
}

bool WaitingRuns::is_named(const BoardView& board, const Conditions& conditions) {
  return (conditions.pinned_board_id.empty() || conditions.pinned_board_id == board.id) &&
         (conditions.required_label.empty() || contains(board.labels, conditions.required_label));
}

// May be, as long as it has not said what it carries.
bool WaitingRuns::is_able(const BoardView& board, const Conditions& conditions) {
  return (board.runtimes.empty() || contains(board.runtimes, conditions.runtime)) &&
         (board.has_instrument || !conditions.needs_instrument);
}

bool WaitingRuns::suits(const BoardView& board, const Conditions& conditions) const {
  if (!may_run_on(board, conditions)) return false;
  return !contains(conditions.avoid_board_ids, board.id) || !another_suits(board, conditions);
}

bool WaitingRuns::may_run_on(const BoardView& board, const Conditions& conditions) const {
  if (!is_named(board, conditions)) return false;
  if (is_able(board, conditions)) return true;
  const auto boards = known_.find(board.type);
  return boards == known_.end() || std::none_of(boards->second.begin(), boards->second.end(), [&](const auto& entry) {
           return is_named(entry.second, conditions) && is_able(entry.second, conditions);
         });
}

bool WaitingRuns::another_suits(const BoardView& board, const Conditions& conditions) const {
  const auto boards = usable_.find(board.type);
  if (boards == usable_.end()) return false;
  return std::any_of(boards->second.begin(), boards->second.end(), [&](const auto& entry) {
    return may_run_on(entry.second, conditions) && !contains(conditions.avoid_board_ids, entry.first);
  });
}

WaitingRuns::First WaitingRuns::first_of(const Runs& bucket) {
  std::array<Turn, kLevels> turns{};
  const Runs* runs = &bucket;
  for (Turn& turn : turns) {
    turn = runs->children.begin()->first;
    runs = &runs->children.begin()->second;
  }
  const auto& [run_order, run_id] = *runs->ids.begin();
  return {{turns, run_order}, run_id};
}

void WaitingRuns::take_out(const Place& place) {
  TypeQueue& queue = queues_.at(place.board_type);
  const auto bucket = queue.buckets.find(place.conditions);
  take_out_of(queue.owners, bucket->second, place, 0);
  if (bucket->second.children.empty()) queue.buckets.erase(bucket);
}

void WaitingRuns::take_out_of(Share& share, Runs& runs, const Place& place, std::size_t level) {
  if (level == kLevels) {
    runs.ids.erase(place.run_order);
    return;
  }
  const auto child = share.children.find(place.path[level].key);
  const auto child_runs = runs.children.find(child->second.turn);
  take_out_of(child->second, child_runs->second, place, level + 1);
  if (child_runs->second.children.empty() && child_runs->second.ids.empty()) runs.children.erase(child_runs);
  if (--child->second.waiting == 0) share.children.erase(child);
}

void WaitingRuns::count_turn(TypeQueue& queue, const Path& path) {
  std::array<Turn, kLevels> from{}, to{};
  Share* parent = &queue.owners;
  for (std::size_t level = 0; level < kLevels; ++level) {
    Share& share = parent->children.at(path[level].key);
    from[level] = share.turn;
    parent->served_tag = std::max(parent->served_tag, share.turn.tag);
    share.turn.tag += path[level].cost;
    to[level] = share.turn;
    parent = &share;
  }
  for (auto& [conditions, bucket] : queue.buckets) move_turns(bucket, from, to, 0);
}

void WaitingRuns::move_turns(Runs& runs, const std::array<Turn, kLevels>& from, const std::array<Turn, kLevels>& to,
                             std::size_t level) {
  if (level == kLevels) return;
  auto child = runs.children.extract(from[level]);
  if (child.empty()) return;
  move_turns(child.mapped(), from, to, level + 1);
  child.key() = to[level];
  runs.children.insert(std::move(child));
}

}  // namespace tinyrig::jobs
