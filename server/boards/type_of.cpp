#include "server/boards/type_of.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"

namespace tinyrig::boards {

absl::StatusOr<const CatalogEntry*> type_of(const FarmBoard& board, const std::vector<CatalogEntry>& catalog) {
  const CatalogEntry* type = find_type(catalog, board.type);
  if (type == nullptr) {
    std::vector<std::string> known;
    for (const v1::BoardType& usable : types_with_agent(catalog)) known.push_back(usable.id());
    return make_error(absl::StatusCode::kInvalidArgument, "FARM_FILE_INVALID",
                      absl::StrCat("board '", board.id, "' has the unknown type '", board.type,
                                   "'; the catalog has: ", absl::StrJoin(known, ", ")),
                      "correct the type (tinyrig boards --types lists them), or give --catalog");
  }
  if (type->status == TypeStatus::kDescribedOnly) {
    return make_error(
        absl::StatusCode::kInvalidArgument, "BOARD_TYPE_WITHOUT_AGENT",
        absl::StrCat("board '", board.id, "' is a ", board.type,
                     ", which the catalog only describes: there is no agent for it"),
        absl::StrCat("take the board out of the farm file; or port the agent (docs/porting.md) and give ", board.type,
                     ".toml of the catalog 'agent_image', 'memory.model_ram_bytes' and status = "
                     "\"compiles\""));
  }
  return type;
}

}  // namespace tinyrig::boards
