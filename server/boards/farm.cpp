#include "server/boards/farm.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/boards/toml_reader.h"

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
  } else {
    reader.fail(table, "power 'kind' must be one of line-switch, uhubctl, command");
  }
  return power;
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
      board.port = reader.text("port");
      board.labels = reader.texts("labels");
      if (const std::string folder = reader.text("firmware", ""); !folder.empty()) {
        board.firmware_dir = file.parent_path() / folder;
      }
      board.flasher = read_table(reader, "flasher", read_board_flasher);
      board.power = read_table(reader, "power", read_power);
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
