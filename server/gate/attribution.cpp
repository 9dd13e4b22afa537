#include "server/gate/attribution.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

namespace tinyrig::gate {
namespace {

using Operators = std::vector<const v1::OperatorProfile*>;
using Same = bool (*)(const v1::OperatorProfile&, const v1::OperatorProfile&);
// Matched operators; nullptr: no counterpart.
using Match = std::pair<const v1::OperatorProfile*, const v1::OperatorProfile*>;

bool same_kind(const v1::OperatorProfile& a, const v1::OperatorProfile& b) { return a.kind() == b.kind(); }
bool same_kind_and_shape(const v1::OperatorProfile& a, const v1::OperatorProfile& b) {
  return a.kind() == b.kind() && a.shape() == b.shape();
}

// Positions of a longest common subsequence, in order.
std::vector<std::pair<std::size_t, std::size_t>> common(const Operators& base, const Operators& head, Same same) {
  const std::size_t columns = head.size() + 1;
  // longest[i * columns + j]: of base from i and head from j.
  std::vector<std::uint32_t> longest((base.size() + 1) * columns, 0);
  for (std::size_t i = base.size(); i-- > 0;) {
    for (std::size_t j = head.size(); j-- > 0;) {
      longest[i * columns + j] = same(*base[i], *head[j])
                                     ? longest[(i + 1) * columns + j + 1] + 1
                                     : std::max(longest[(i + 1) * columns + j], longest[i * columns + j + 1]);
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0, j = 0; i < base.size() && j < head.size();) {
    if (same(*base[i], *head[j])) {
      pairs.emplace_back(i++, j++);
    } else if (longest[(i + 1) * columns + j] >= longest[i * columns + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

// Calls `between` for what lies before, between and after the matches, and adds the matches.
void align(const Operators& base, const Operators& head, Same same, std::vector<Match>& matches,
           const std::function<void(const Operators&, const Operators&)>& between) {
  auto base_at = base.begin();
  auto head_at = head.begin();
  for (const auto& [i, j] : common(base, head, same)) {
    const auto base_match = base.begin() + static_cast<std::ptrdiff_t>(i);
    const auto head_match = head.begin() + static_cast<std::ptrdiff_t>(j);
    between(Operators(base_at, base_match), Operators(head_at, head_match));
    matches.emplace_back(*base_match, *head_match);
    base_at = base_match + 1;
    head_at = head_match + 1;
  }
  between(Operators(base_at, base.end()), Operators(head_at, head.end()));
}

Operators operators_of(const v1::ProfileResult& profile) {
  Operators operators;
  for (const v1::OperatorProfile& op : profile.operators()) operators.push_back(&op);
  return operators;
}

std::vector<Match> match(const Operators& base, const Operators& head) {
  std::vector<Match> matches;
  const auto alone = [&matches](const Operators& removed, const Operators& added) {
    for (const v1::OperatorProfile* op : removed) matches.emplace_back(op, nullptr);
    for (const v1::OperatorProfile* op : added) matches.emplace_back(nullptr, op);
  };
  const auto reshaped = [&matches, &alone](const Operators& removed, const Operators& added) {
    align(removed, added, same_kind, matches, alone);
  };
  const bool equal = std::equal(base.begin(), base.end(), head.begin(), head.end(),
                                [](const auto* a, const auto* b) { return same_kind_and_shape(*a, *b); });
  if (equal) {
    for (std::size_t i = 0; i < base.size(); ++i) matches.emplace_back(base[i], head[i]);
  } else {
    align(base, head, same_kind_and_shape, matches, reshaped);
  }
  return matches;
}

v1::GateOperatorChange change_of(const Match& pair, double total_change) {
  const auto& [base, head] = pair;
  v1::GateOperatorChange change;
  change.set_kind(base != nullptr ? base->kind() : head->kind());
  if (base != nullptr) {
    change.set_base_index(base->index());
    change.set_base_shape(base->shape());
    change.set_base_ticks(base->ticks());
  }
  if (head != nullptr) {
    change.set_head_index(head->index());
    change.set_head_shape(head->shape());
    change.set_head_ticks(head->ticks());
  }
  if (total_change != 0) change.set_share((change.head_ticks() - change.base_ticks()) / total_change);
  return change;
}

}  // namespace

v1::GateAttribution attribute(const v1::ProfileResult& base, const v1::ProfileResult& head) {
  v1::GateAttribution attribution;
  attribution.set_base_ticks(base.sum_ticks());
  attribution.set_head_ticks(head.sum_ticks());
  const double total_change = head.sum_ticks() - base.sum_ticks();
  std::vector<v1::GateOperatorChange> changes;
  for (const Match& pair : match(operators_of(base), operators_of(head))) {
    v1::GateOperatorChange change = change_of(pair, total_change);
    if (change.base_ticks() != change.head_ticks()) changes.push_back(std::move(change));
  }
  std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
    return std::abs(a.head_ticks() - a.base_ticks()) > std::abs(b.head_ticks() - b.base_ticks());
  });
  for (v1::GateOperatorChange& change : changes) *attribution.add_operators() = std::move(change);
  return attribution;
}

}  // namespace tinyrig::gate
