// One board, for people.
#pragma once

#include <string>

#include "tinyrig/v1/board.pb.h"

namespace tinyrig::client {

// "reserved by ann@lab since ... until ...: soldering"
std::string hold_text(const v1::Hold& hold);

// `tinyrig board show`: many lines.
std::string board_text(const v1::Board& board, const v1::BoardType& type);

}  // namespace tinyrig::client
