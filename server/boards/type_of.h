// The board type of a board in the farm file.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/boards/catalog.h"
#include "server/boards/farm.h"

namespace tinyrig::boards {

// INVALID_ARGUMENT: FARM_FILE_INVALID, the catalog has no such type; BOARD_TYPE_WITHOUT_AGENT, it describes the type
// alone, and nothing could run on the board.
absl::StatusOr<const CatalogEntry*> type_of(const FarmBoard& board, const std::vector<CatalogEntry>& catalog);

}  // namespace tinyrig::boards
