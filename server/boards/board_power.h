// A board's power switch and its instrument, which may be one device.
#pragma once

#include <memory>

#include "server/boards/farm.h"
#include "server/boards/power_switch.h"
#include "server/power/instrument.h"

namespace tinyrig::boards {

struct BoardPower {
  std::unique_ptr<PowerSwitch> power_switch;      // null: none
  std::shared_ptr<power::Instrument> instrument;  // null: none
};

// `board` is as load_farm() reads it.
BoardPower make_board_power(const FarmBoard& board);

}  // namespace tinyrig::boards
