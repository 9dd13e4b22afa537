#include "server/boards/board_power.h"

#include <string>

#include "server/power/ppk2.h"

namespace tinyrig::boards {
namespace {

using power::Ppk2;
using power::Ppk2Options;

std::shared_ptr<Ppk2> make_ppk2(const std::string& port, std::uint32_t supply_mv, bool supplies_board) {
  Ppk2Options options;
  options.port = port;
  options.supply_mv = supply_mv;
  options.mode = supplies_board ? Ppk2Options::Mode::kSource : Ppk2Options::Mode::kAmpere;
  return std::make_shared<Ppk2>(std::move(options));
}

}  // namespace

BoardPower make_board_power(const FarmBoard& board) {
  BoardPower result;
  if (board.instrument.has_value()) {
    const InstrumentSetup& instrument = *board.instrument;
    const bool supplies_board = instrument.supplies_board.value_or(true);
    const auto ppk2 = make_ppk2(instrument.port, instrument.supply_mv, supplies_board);
    result.instrument = ppk2;
    const bool is_power_too =
        board.power.has_value() && board.power->kind == "ppk2" && board.power->outlet == instrument.port;
    // One that supplies the board gives power when asked to, whoever else may switch it.
    if (is_power_too || (supplies_board && !board.power.has_value())) {
      result.power_switch = make_ppk2_switch(ppk2);
    }
  }
  if (board.power.has_value() && result.power_switch == nullptr) {
    result.power_switch = board.power->kind == "ppk2"
                              ? make_ppk2_switch(make_ppk2(board.power->outlet, board.power->supply_mv, true))
                              : make_power_switch(*board.power);
  }
  return result;
}

}  // namespace tinyrig::boards
