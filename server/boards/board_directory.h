// What the farm looks like now: board types of the catalog and the boards, each as last told by its
// keeper. Thread-safe; readers get copies.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::boards {

class BoardDirectory {
 public:
  BoardDirectory(std::vector<v1::BoardType> types, std::vector<v1::Board> boards);

  std::vector<v1::BoardType> types() const;
  std::vector<v1::Board> boards() const;
  // NOT_FOUND (BOARD_UNKNOWN, BOARD_TYPE_UNKNOWN) names what exists.
  absl::StatusOr<v1::Board> find(const std::string& board_id) const;
  absl::StatusOr<v1::BoardType> find_type(const std::string& type_id) const;
  // Boards that a selector names: a board's name, a type, "label:NAME", "all" or "" (everything).
  // NOT_FOUND when it names nothing.
  absl::StatusOr<std::vector<v1::Board>> select(const std::string& selector) const;

  // Rises when something changes that plans of jobs depend on: which boards there are, their types, labels and
  // runtimes, and which are retired.
  std::uint64_t plan_version() const;

  // Called by a board's keeper only.
  void update(const v1::Board& board);

 private:
  const std::vector<v1::BoardType> types_;
  mutable std::mutex mutex_;
  std::map<std::string, v1::Board> boards_;  // guarded by mutex_
  std::uint64_t plan_version_ = 1;           // guarded by mutex_
};

}  // namespace tinyrig::boards
