#include "server/boards/farm.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/toml_reader.h"
#include "server/power/ppk2.h"

namespace tinyrig::boards {
namespace {

constexpr char kFarmInvalid[] = "FARM_FILE_INVALID";

// The table `key` of a board, read by `read`; nullopt when it has none.
template <typename Read>
auto read_table(TomlReader& board, const char* key, const Read& read)
    -> std::optional<decltype(read(board, std::declval<const toml::table&>()))> {
  const toml::table* table = board.table(key);
  if (table == nullptr) return std::nullopt;
  TomlReader reader = board.inner(*table, key);
  auto value = read(reader, *table);
  board.take(reader.finish());
  return value;
}

std::uint32_t read_ppk2_supply(TomlReader& reader, const toml::table& table) {
  const std::uint32_t supply_mv = reader.number_32("supply_mv");
  if (supply_mv < power::kPpk2LowestMv || supply_mv > power::kPpk2HighestMv) {
    reader.fail(table, absl::StrCat("'supply_mv' must be ", power::kPpk2LowestMv, " to ", power::kPpk2HighestMv,
                                    ", as the board wants it"));
  }
  return supply_mv;
}

InstrumentSetup read_instrument(TomlReader& reader, const toml::table& table) {
  InstrumentSetup instrument;
  instrument.kind = reader.text("kind");
  if (instrument.kind != "ppk2") {
    reader.fail(table, "instrument 'kind' must be ppk2");
    return instrument;
  }
  instrument.port = reader.text("port");
  instrument.supply_mv = read_ppk2_supply(reader, table);
  const std::string mode = reader.text("mode", "");
  if (mode == "source" || mode == "ampere") {
    instrument.supplies_board = mode == "source";
  } else if (!mode.empty()) {
    reader.fail(table, "'mode' must be source (it supplies the board) or ampere (it lies in another supply's way)");
  }
  return instrument;
}

// Where the file does not say it: the instrument supplies the board, unless something else does. One device as both is
// said twice; it must be the same twice.
void join(TomlReader& reader, const toml::table& table, FarmBoard& board) {
  if (!board.instrument.has_value()) return;
  InstrumentSetup& instrument = *board.instrument;
  const bool is_power_too =
      board.power.has_value() && board.power->kind == "ppk2" && board.power->outlet == instrument.port;
  if (!instrument.supplies_board.has_value()) instrument.supplies_board = is_power_too || !board.power.has_value();
  if (!is_power_too) return;
  if (board.power->supply_mv != instrument.supply_mv) {
    reader.fail(table, absl::StrCat("'power' and 'instrument' are the same PPK2 and name two voltages, ",
                                    board.power->supply_mv, " and ", instrument.supply_mv, " mV"));
  }
  if (!*instrument.supplies_board) {
    reader.fail(table, "'power' and 'instrument' are the same PPK2: its 'mode' is source, leave it out");
  }
}

// A PPK2 is one board's, and its port nobody else's.
void claim_ppk2(TomlReader& reader, const toml::table& table, const FarmBoard& board,
                std::map<std::string, std::string>& owners) {
  std::set<std::string> ports;
  if (board.power.has_value() && board.power->kind == "ppk2") ports.insert(board.power->outlet);
  if (board.instrument.has_value()) ports.insert(board.instrument->port);
  for (const std::string& port : ports) {
    if (port.empty()) continue;  // told already
    if (port == board.port) {
      reader.fail(table, absl::StrCat("'port' and its PPK2's are both ", port, ": one of them is the board's own"));
    }
    const auto [owner, is_first] = owners.insert({port, board.id});
    if (!is_first) {
      reader.fail(table, absl::StrCat("the PPK2 at ", port, " is taken: board '", owner->second,
                                      "' has it already; each board needs one of its own"));
    }
  }
}

PowerSetup read_power(TomlReader& reader, const toml::table& table) {
  PowerSetup power;
  power.kind = reader.text("kind");
  if (power.kind == "line-switch") {
    power.endpoint = reader.text("endpoint");
    power.outlet = reader.text("outlet");
    if (!absl::StartsWith(power.endpoint, "unix:") && !absl::StartsWith(power.endpoint, "tcp:")) {
      reader.fail(table, "'endpoint' must be \"unix:PATH\" or \"tcp:HOST:PORT\"");
    }
  } else if (power.kind == "uhubctl") {
    const std::string hub = reader.text("hub");
    const std::string port = std::to_string(reader.number("port"));
    power.outlet = absl::StrCat(hub, " port ", port);
    power.cycle = {"uhubctl", "-l", hub, "-p", port, "-a", "cycle", "-d", "2"};
  } else if (power.kind == "command") {
    power.cycle = reader.texts("cycle");
    power.outlet = reader.text("outlet", absl::StrJoin(power.cycle, " "));
    if (power.cycle.empty()) reader.fail(table, "'cycle' must be a command, [\"relay\", \"3\", \"cycle\"]");
  } else if (power.kind == "ppk2") {
    power.outlet = reader.text("port");
    power.supply_mv = read_ppk2_supply(reader, table);
  } else {
    reader.fail(table, "power 'kind' must be one of line-switch, uhubctl, command, ppk2");
  }
  return power;
}

void read_port(TomlReader& reader, const toml::table& table, FarmBoard& board) {
  const std::string usb = reader.text("usb", "");
  if (usb.empty()) {
    board.port = reader.text("port");
    return;
  }
  board.usb = parse_usb_port(usb);
  if (!board.usb.has_value()) {
    reader.fail(*table.get("usb"),
                "'usb' must be \"VENDOR:PRODUCT:SERIAL\" or \"VENDOR:PRODUCT@SOCKET\", vendor and product as four hex "
                "digits in lower case; `tinyrig farm scan` prints it");
    return;
  }
  if (board.id.find('/') != std::string::npos || board.id == "." || board.id == "..") {
    reader.fail(*table.get("id"), "'id' must be a file's name where 'usb' is given: the link to its port is called so");
  }
  if (table.contains("usb_interface")) board.usb->interface = reader.number_32("usb_interface");
  if (table.contains("port")) reader.fail(*table.get("port"), "'port' and 'usb' both say where the board is; give one");
}

}  // namespace

absl::StatusOr<std::vector<FarmBoard>> load_farm(const std::filesystem::path& file) {
  const absl::StatusOr<toml::table> root = parse_toml_file(file, kFarmInvalid);
  if (!root.ok()) return root.status();
  for (const auto& [key, node] : *root) {
    if (key.str() != "board" || !node.is_array()) {
      return make_error(absl::StatusCode::kInvalidArgument, kFarmInvalid,
                        absl::StrCat(file.string(), ":", node.source().begin.line, ": '", std::string(key.str()),
                                     "' is unknown; a farm file has [[board]] tables only"));
    }
  }
  std::vector<FarmBoard> boards;
  std::set<std::string> ids;
  std::map<std::string, std::string> ppk2_owners;  // port, board
  if (const toml::array* tables = (*root)["board"].as_array(); tables != nullptr) {
    for (const toml::node& node : *tables) {
      const std::string what = absl::StrCat("board #", boards.size() + 1);
      const toml::table* table = node.as_table();
      if (table == nullptr) {
        return make_error(absl::StatusCode::kInvalidArgument, kFarmInvalid,
                          absl::StrCat(file.string(), ":", node.source().begin.line, ": ", what, " must be a table"));
      }
      TomlReader reader(*table, file.string(), what, kFarmInvalid);
      FarmBoard board;
      board.id = reader.text("id");
      board.type = reader.text("type");
      read_port(reader, *table, board);
      board.labels = reader.texts("labels");
      if (const std::string folder = reader.text("firmware", ""); !folder.empty()) {
        board.firmware_dir = file.parent_path() / folder;
      }
      board.flasher = read_table(reader, "flasher", read_board_flasher);
      board.power = read_table(reader, "power", read_power);
      board.instrument = read_table(reader, "instrument", read_instrument);
      join(reader, *table, board);
      claim_ppk2(reader, *table, board, ppk2_owners);
      board.unit_id = absl::AsciiStrToLower(reader.text("unit_id", ""));
      if (!std::all_of(board.unit_id.begin(), board.unit_id.end(),
                       [](char digit) { return absl::ascii_isxdigit(static_cast<unsigned char>(digit)); })) {
        reader.fail(*table, "'unit_id' must be hexadecimal digits, as `tinyrig board show` prints them");
      }
      if (!board.id.empty() && !ids.insert(board.id).second) {
        reader.fail(*table, absl::StrCat("id '", board.id, "' is used twice"));
      }
      if (absl::Status status = reader.finish(); !status.ok()) return status;
      boards.push_back(std::move(board));
    }
  }
  return boards;
}

}  // namespace tinyrig::boards
