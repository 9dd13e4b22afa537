#include "client/board_text.h"

#include <cstdint>
#include <cstdio>

#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

std::string board_line(const std::string& name, const std::string& value) {
  return "  " + name + std::string(12 - name.size(), ' ') + printable(value) + "\n";
}

}  // namespace

std::string hold_text(const v1::Hold& hold) {
  std::string text = hold_kind(hold.kind()) + " by " + hold.owner() + " since " + time(hold.begin_time());
  text += hold.has_expire_time() ? " until " + time(hold.expire_time()) : " until it is released";
  return text + (hold.reason().empty() ? "" : ": " + hold.reason());
}

namespace {

std::string times(std::uint64_t count) { return grouped(count) + (count == 1 ? " time" : " times"); }

std::string flash_wear(const v1::FlashWear& wear, const v1::BoardType& type) {
  std::string text = "firmware " + times(wear.firmware_writes());
  if (type.model_slot_bytes() != 0) text += ", model slot " + times(wear.model_slot_writes());
  if (type.flash_erase_cycles() != 0) text += "; its maker guarantees " + grouped(type.flash_erase_cycles());
  return text;
}

// 4200: "4.2 mA"
std::string current(std::uint32_t microamperes) {
  char text[32];
  std::snprintf(text, sizeof text, microamperes < 1000 ? "%.0f uA" : "%.3g mA",
                microamperes < 1000 ? microamperes : microamperes / 1000.0);
  return text;
}

std::string nominal_power(const v1::NominalPower& power) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (power.run_ua() != 0) add(current(power.run_ua()) + " at work");
  if (power.sleep_ua() != 0) add(current(power.sleep_ua()) + " asleep");
  if (power.supply_mv() != 0) add("at " + std::to_string(power.supply_mv()) + " mV");
  return text + " (data sheet, the chip alone)";
}

}  // namespace

std::string board_text(const v1::Board& board, const v1::BoardType& type) {
  std::string labels;
  for (const std::string& label : board.labels()) labels += (labels.empty() ? "" : ", ") + label;
  std::string text = "board " + printable(board.id()) + (board.emulated() ? " (emulated)" : "") + "\n";
  text += board_line("type", board.board_type() + ", " + type.display_name() + ", " + type.core());
  text += board_line("labels", labels.empty() ? "-" : labels);
  text += board_line("port", board.port());
  text += board_line("activity", activity(board.activity()) +
                                     (board.current_run_id().empty() ? "" : ", runs " + board.current_run_id()) +
                                     (board.current_step().empty() ? "" : ": " + board.current_step()));
  text += board_line("health", health(board.health()) + (board.health_code().empty() ? "" : " " + board.health_code()) +
                                   (board.health_reason().empty() ? "" : ": " + board.health_reason()));
  if (board.has_hold()) text += board_line("held", hold_text(board.hold()));
  text += board_line("agent", board.agent().build_id().empty() ? "-" : board.agent().build_id());
  text += board_line("runtimes", runtimes(board.agent()));
  text +=
      board_line("unit id", board.agent().unit_id().empty() ? "none: the identity is weak" : board.agent().unit_id());
  for (const v1::RecoveryRung& rung : board.recovery()) {
    text += board_line(&rung == &board.recovery(0) ? "recovery" : "",
                       rung.rung() + ": helped " + grouped(rung.helped()) + " of " + times(rung.tried()) + ", last " +
                           time(rung.last_time()) +
                           (rung.last_failure().empty() ? "" : ", without success: " + rung.last_failure()));
  }
  if (board.has_flash_wear()) text += board_line("written", flash_wear(board.flash_wear(), type));
  if (type.has_nominal_power()) text += board_line("power", nominal_power(type.nominal_power()));
  text += board_line("instrument", board.instrument().empty() ? "none" : board.instrument());
  text += board_line("last seen", time(board.last_seen_time()));
  return text + board_line("runs", grouped(board.runs_finished()) + ", of which " + grouped(board.runs_failed()) +
                                       " failed for the board's sake");
}

}  // namespace tinyrig::client
