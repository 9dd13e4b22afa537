#include "server/boards/board_power.h"

#include <string>
#include <utility>

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
  const bool is_power_too = board.power.has_value() && board.instrument.has_value() && board.power->kind == "ppk2" &&
                            board.power->outlet == board.instrument->port;
  if (board.power.has_value() && !is_power_too) {
    result.power_switch = board.power->kind == "ppk2"
                              ? make_ppk2_switch(make_ppk2(board.power->outlet, board.power->supply_mv, true))
                              : make_power_switch(*board.power);
  }
  if (!board.instrument.has_value()) return result;
  const InstrumentSetup& instrument = *board.instrument;
  const bool supplies_board = is_power_too || instrument.supplies_board.value_or(!board.power.has_value());
  const auto ppk2 = make_ppk2(instrument.port, instrument.supply_mv, supplies_board);
  result.instrument = ppk2;
  if (!supplies_board) return result;
  // The board lives by it, whatever else of the board is switched.
  std::unique_ptr<PowerSwitch> supply = make_ppk2_switch(ppk2);
  result.power_switch = result.power_switch == nullptr
                            ? std::move(supply)
                            : make_joint_switch(std::move(result.power_switch), std::move(supply));
  return result;
}

}  // namespace tinyrig::boards
