// Which unit of a board type the gate measures on. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "tinyrig/v1/board.pb.h"

namespace tinyrig::client {

/// Whether the queue would give it work now or soon.
bool takes_work(const v1::Board& board);

/// Of those of `board_type` that take work: another one than `avoided` before it, a proven one before one that must
/// still prove itself, an idle one before a busy one. nullptr: none takes work.
const v1::Board* choose_unit(const std::vector<v1::Board>& boards, const std::string& board_type,
                             const std::string& avoided = "");

/// Why none takes work: "emu-1 is offline, health unknown (no answer); ..."
std::string why_no_unit(const std::vector<v1::Board>& boards, const std::string& board_type);

}  // namespace tinyrig::client
