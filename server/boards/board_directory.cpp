#include "server/boards/board_directory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"

namespace tinyrig::boards {
namespace {

std::map<std::string, v1::Board> by_id(std::vector<v1::Board> boards) {
  std::map<std::string, v1::Board> result;
  for (v1::Board& board : boards) {
    std::string id = board.id();
    result.emplace(std::move(id), std::move(board));
  }
  return result;
}

bool has_label(const v1::Board& board, const std::string& label) {
  return std::find(board.labels().begin(), board.labels().end(), label) != board.labels().end();
}

bool same_runtime(const v1::AgentRuntime& a, const v1::AgentRuntime& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// Of the same name. A board that was not known has no type yet.
bool same_for_plans(const v1::Board& a, const v1::Board& b) {
  return a.board_type() == b.board_type() && (a.health() == v1::HEALTH_RETIRED) == (b.health() == v1::HEALTH_RETIRED) &&
         std::equal(a.labels().begin(), a.labels().end(), b.labels().begin(), b.labels().end()) &&
         std::equal(a.agent().runtimes().begin(), a.agent().runtimes().end(), b.agent().runtimes().begin(),
                    b.agent().runtimes().end(), same_runtime);
}

}  // namespace

BoardDirectory::BoardDirectory(std::vector<v1::BoardType> types, std::vector<v1::Board> boards)
    : types_(std::move(types)), boards_(by_id(std::move(boards))) {}

std::vector<v1::BoardType> BoardDirectory::types() const { return types_; }

std::vector<v1::Board> BoardDirectory::boards() const {
  const std::lock_guard lock(mutex_);
  std::vector<v1::Board> result;
  result.reserve(boards_.size());
  for (const auto& [id, board] : boards_) result.push_back(board);
  return result;
}

absl::StatusOr<v1::Board> BoardDirectory::find(const std::string& board_id) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = boards_.find(board_id); found != boards_.end()) return found->second;
  std::vector<std::string> ids;
  for (const auto& [id, board] : boards_) ids.push_back(id);
  return make_error(absl::StatusCode::kNotFound, "BOARD_UNKNOWN",
                    absl::StrCat("no board is named '", board_id, "'; the farm has: ", absl::StrJoin(ids, ", ")),
                    "List boards with `tinyrig boards`.");
}

absl::StatusOr<v1::BoardType> BoardDirectory::find_type(const std::string& type_id) const {
  for (const v1::BoardType& type : types_) {
    if (type.id() == type_id) return type;
  }
  std::vector<std::string> ids;
  for (const v1::BoardType& type : types_) ids.push_back(type.id());
  return make_error(absl::StatusCode::kNotFound, "BOARD_TYPE_UNKNOWN",
                    absl::StrCat("no board type is named '", type_id, "'; the catalog has: ", absl::StrJoin(ids, ", ")),
                    "Board types are described in deploy/boards/*.toml.");
}

absl::StatusOr<std::vector<v1::Board>> BoardDirectory::select(const std::string& selector) const {
  const std::vector<v1::Board> all = boards();
  if (selector.empty() || selector == "all") return all;
  const bool by_label = absl::StartsWith(selector, "label:");
  const std::string label = by_label ? selector.substr(6) : "";
  std::vector<v1::Board> result;
  for (const v1::Board& board : all) {
    const bool named = board.id() == selector || board.board_type() == selector;
    if (by_label ? has_label(board, label) : named) result.push_back(board);
  }
  if (!result.empty()) return result;
  if (by_label) {
    return make_error(absl::StatusCode::kNotFound, "LABEL_UNKNOWN",
                      absl::StrCat("no board has the label '", label, "'"), "Labels are shown by `tinyrig boards`.");
  }
  return find(selector).status();
}

std::uint64_t BoardDirectory::plan_version() const {
  const std::lock_guard lock(mutex_);
  return plan_version_;
}

void BoardDirectory::update(const v1::Board& board) {
  const std::lock_guard lock(mutex_);
  v1::Board& known = boards_[board.id()];
  if (!same_for_plans(known, board)) ++plan_version_;
  known = board;
}

}  // namespace tinyrig::boards
