// What the queue needs to know of a board that asks for work.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/board.pb.h"

namespace tinyrig::jobs {

struct BoardView {
  std::string id;
  std::string type;
  std::vector<std::string> labels;
  // Names of the runtimes that its agent carries; empty: it has not said yet, and may carry any.
  std::vector<std::string> runtimes = {};
  // A power monitor is wired to it.
  bool has_instrument = false;
};

inline BoardView view_of(const v1::Board& board) {
  BoardView view{board.id(), board.board_type(), {board.labels().begin(), board.labels().end()}};
  for (const v1::AgentRuntime& runtime : board.agent().runtimes()) view.runtimes.push_back(runtime.name());
  view.has_instrument = !board.instrument().empty();
  return view;
}

}  // namespace tinyrig::jobs
