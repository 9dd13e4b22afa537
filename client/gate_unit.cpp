#include "client/gate_unit.h"

#include <tuple>

#include "client/format.h"

namespace tinyrig::client {

bool takes_work(const v1::Board& board) {
  const bool there = board.activity() != v1::ACTIVITY_OFFLINE && board.activity() != v1::ACTIVITY_UNSPECIFIED;
  const bool trusted = board.health() == v1::HEALTH_GOOD || board.health() == v1::HEALTH_DEGRADED;
  return there && (trusted || board.health() == v1::HEALTH_UNKNOWN);  // it proves itself before its first run
}

const v1::Board* choose_unit(const std::vector<v1::Board>& boards, const std::string& board_type,
                             const std::string& avoided) {
  const auto rank = [&avoided](const v1::Board& board) {
    return std::make_tuple(board.id() == avoided, board.health() != v1::HEALTH_GOOD,
                           board.activity() != v1::ACTIVITY_IDLE);
  };
  const v1::Board* best = nullptr;
  for (const v1::Board& board : boards) {
    if (board.board_type() != board_type || !takes_work(board)) continue;
    if (best == nullptr || rank(board) < rank(*best)) best = &board;
  }
  return best;
}

std::string why_no_unit(const std::vector<v1::Board>& boards, const std::string& board_type) {
  std::string text;
  for (const v1::Board& board : boards) {
    if (board.board_type() != board_type) continue;
    text += (text.empty() ? "" : "; ") + board.id() + " is " + activity(board.activity()) + ", health " +
            health(board.health()) + (board.health_reason().empty() ? "" : " (" + board.health_reason() + ")");
  }
  return "no board of type " + board_type + " takes work: " + (text.empty() ? "the farm has none" : text);
}

}  // namespace tinyrig::client
