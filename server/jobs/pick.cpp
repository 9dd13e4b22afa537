#include "server/jobs/pick.h"

#include <algorithm>

namespace tinyrig::jobs {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_named_by(const std::string& pinned_board_id, const std::string& required_label, const BoardView& board) {
  return (pinned_board_id.empty() || pinned_board_id == board.id) &&
         (required_label.empty() || contains(board.labels, required_label));
}

bool may_carry(const BoardView& board, const std::string& runtime) {
  return board.runtimes.empty() || contains(board.runtimes, runtime);
}

}  // namespace

void WaitingRuns::add(const WaitingRun& run) {
  TypeQueue& queue = queues_[run.board_type];
  Conditions conditions{run.pinned_board_id, run.required_label, run.runtime, run.avoid_board_ids};
  const auto [share, is_new] = queue.shares.try_emplace(run.job_order);
  if (is_new) share->second.tag = queue.served_tag;
  ++share->second.waiting;
  Bucket& bucket = queue.buckets[conditions];
  bucket.runs[run.job_order].emplace(run.run_order, run.run_id);
  bucket.turns.insert({share->second.tag, run.job_order});
  places_[run.run_id] = {run.board_type, std::move(conditions), run.job_order, run.run_order};
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
  const Bucket* best = nullptr;
  for (const auto& [conditions, bucket] : queue.buckets) {
    if (!suits(board, conditions)) continue;
    const bool better = best == nullptr || *bucket.turns.begin() < *best->turns.begin() ||
                        // The same job in two buckets: its older run first.
                        (*bucket.turns.begin() == *best->turns.begin() &&
                         bucket.runs.at(bucket.turns.begin()->job_order).begin()->first <
                             best->runs.at(best->turns.begin()->job_order).begin()->first);
    if (better) best = &bucket;
  }
  if (best == nullptr) return std::nullopt;

  const Turn turn = *best->turns.begin();
  const std::string run_id = best->runs.at(turn.job_order).begin()->second;
  queue.served_tag = std::max(queue.served_tag, turn.tag);
  retag(queue, turn.job_order, turn.tag + 1);
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

bool WaitingRuns::suits(const BoardView& board, const Conditions& conditions) const {
  if (!may_run_on(board, conditions)) return false;
  return !contains(conditions.avoid_board_ids, board.id) || !another_suits(board, conditions);
}

bool WaitingRuns::may_run_on(const BoardView& board, const Conditions& conditions) const {
  if (!is_named_by(conditions.pinned_board_id, conditions.required_label, board)) return false;
  if (may_carry(board, conditions.runtime)) return true;
  const auto boards = known_.find(board.type);
  return boards == known_.end() || std::none_of(boards->second.begin(), boards->second.end(), [&](const auto& entry) {
           return is_named_by(conditions.pinned_board_id, conditions.required_label, entry.second) &&
                  may_carry(entry.second, conditions.runtime);
         });
}

bool WaitingRuns::another_suits(const BoardView& board, const Conditions& conditions) const {
  const auto boards = usable_.find(board.type);
  if (boards == usable_.end()) return false;
  return std::any_of(boards->second.begin(), boards->second.end(), [&](const auto& entry) {
    return may_run_on(entry.second, conditions) && !contains(conditions.avoid_board_ids, entry.first);
  });
}

void WaitingRuns::take_out(const Place& place) {
  const auto queue = queues_.find(place.board_type);
  const auto share = queue->second.shares.find(place.job_order);
  const auto bucket = queue->second.buckets.find(place.conditions);
  const auto runs = bucket->second.runs.find(place.job_order);
  runs->second.erase(place.run_order);
  if (runs->second.empty()) {
    bucket->second.runs.erase(runs);
    bucket->second.turns.erase({share->second.tag, place.job_order});
  }
  if (bucket->second.runs.empty()) queue->second.buckets.erase(bucket);
  if (--share->second.waiting == 0) queue->second.shares.erase(share);
}

void WaitingRuns::retag(TypeQueue& queue, std::uint64_t job_order, std::uint64_t tag) {
  JobShare& share = queue.shares.at(job_order);
  for (auto& [conditions, bucket] : queue.buckets) {
    if (bucket.turns.erase({share.tag, job_order}) > 0) bucket.turns.insert({tag, job_order});
  }
  share.tag = tag;
}

}  // namespace tinyrig::jobs
