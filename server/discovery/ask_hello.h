// Asks ports HELLO, all at once, each opened for itself alone.
//
// Opening a port raises DTR, which resets some boards (Arduino Uno and its like).
#pragma once

#include <chrono>

#include "server/discovery/find_boards.h"

namespace tinyrig::discovery {

// Sets state, detail and agent of the ports of `found.may_ask`, and the type of a board whose agent is of the catalog
// (`board_types`). Runs until every port has answered or was silent for `timeout`.
void ask_hello(const usb::Places& places, std::chrono::milliseconds timeout, const std::set<std::string>& board_types,
               Found* found);

}  // namespace tinyrig::discovery
