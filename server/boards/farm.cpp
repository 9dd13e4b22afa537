#include "server/boards/farm.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/boards/toml_reader.h"

namespace tinyrig::boards {
namespace {

constexpr char kFarmInvalid[] = "FARM_FILE_INVALID";

absl::StatusOr<std::optional<Attachment>> read_attachment(TomlReader& board, const char* key, const std::string& file,
                                                          const std::string& what, bool has_outlet) {
  const toml::table* table = board.table(key);
  if (table == nullptr) return std::nullopt;
  TomlReader reader(*table, file, absl::StrCat(what, ", ", key), kFarmInvalid);
  Attachment attachment;
  attachment.kind = reader.text("kind");
  attachment.endpoint = reader.text("endpoint");
  if (has_outlet) attachment.outlet = reader.text("outlet");
  if (!absl::StartsWith(attachment.endpoint, "unix:") && !absl::StartsWith(attachment.endpoint, "tcp:")) {
    reader.fail(*table, "'endpoint' must be \"unix:PATH\" or \"tcp:HOST:PORT\"");
  }
  if (absl::Status status = reader.finish(); !status.ok()) return status;
  return attachment;
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
      absl::StatusOr<std::optional<Attachment>> flasher =
          read_attachment(reader, "flasher", file.string(), what, /*has_outlet=*/false);
      if (!flasher.ok()) return flasher.status();
      absl::StatusOr<std::optional<Attachment>> power =
          read_attachment(reader, "power", file.string(), what, /*has_outlet=*/true);
      if (!power.ok()) return power.status();
      board.flasher = *flasher;
      board.power = *power;
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
